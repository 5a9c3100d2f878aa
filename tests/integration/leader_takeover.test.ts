import { basename } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Team } from "../../src/coordination/team.ts";
import { InstanceId, ReportId } from "../../src/domain/ids.ts";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import { until } from "../support/candidates.ts";
import { startTestLeader } from "../support/leader_bench.ts";
import { countsOf, observer } from "../support/led_team.ts";
import { type Death, MortalZooKeeper } from "../support/mortal_zookeeper.ts";
import { goodTeam, type ScriptedRun, scriptedWorkshop } from "../support/scripted_agent.ts";
import { connectTo } from "../support/task_team.ts";
import { startTestWorker, teamOn } from "../support/worker_bench.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

/** Lives that are tried at once, each on a root of its own. */
const AT_ONCE = 3;
/** Decisions before the chain is done: feedback on verify, then a reject by review. */
const SENT_BACK = ["verify", "review"];

describeWithZooKeeper("a Leader that dies around a commit", (server) => {
  let zk: ZooKeeper;
  beforeAll(async () => {
    zk = await connectTo(server.hosts);
  });
  afterAll(() => zk.close());

  /**
   * The life of one requirement, given as a message to a Leader that dies, with a standby behind it.
   * Says what became of it, and how many commits the first Leader made.
   */
  async function live(death: Death | null, sentBack: readonly string[]): Promise<Life> {
    const root = await server.freshRoot();
    const team = teamOn(zk, root);
    const asked: string[] = [];
    const askedInVain: string[] = [];
    const workshop = scriptedWorkshop(goodTeam(async (run) => {
      if (run.kind === "decide") {
        const report = reportOf(run);
        asked.push(report);
        if (await answerTo(team, report) !== null) askedInVain.push(report);
      }
      return sendingBack(run, sentBack);
    }));
    const mortal = new MortalZooKeeper(await connectTo(server.hosts), death);
    const heir = await connectTo(server.hosts);
    const bench = { workshop, waits: { roundsMs: 50, sweepMs: 1_000_000 } };
    const { died } = mortal;
    const first = await startTestLeader(mortal.zk, root, { ...bench, name: "first", died });
    await until(async () => mortal.isDead || await team.leader() !== null);
    const second = await startTestLeader(heir, root, { ...bench, name: "second", standby: true });
    startTestWorker(team, { name: "worker", command: "scripted", workshop });
    await team.inbox.send({
      type: "direct",
      to: [InstanceId.parse("first")],
      from: { id: InstanceId.parse("worker"), name: "worker" },
      content: "Make it so",
    });
    const led = observer(team, () => [...first.lines, ...second.lines]);
    await until(async () => (await team.requirements.list()).length > 0);
    const [made, ...more] = await team.requirements.list();
    if (made === undefined) throw new Error("No requirement");
    const { requirement, chains } = await led.settled(made.id);
    // One that dies after the last commit is followed too, a moment later.
    if (mortal.isDead) await untilElected(team, 2);
    const events = await team.journal.read();
    const count = (type: string) => events.filter((event) => event.type === type).length;
    const life: Life = {
      isDead: mortal.isDead,
      commits: mortal.commits,
      requirement: requirement.status,
      others: more.length,
      chains: chains.map(({ status, rounds }) => `${status} after ${rounds.length}`),
      runs: countsOf(workshop.runs.filter(({ kind }) => kind !== "decide")),
      asked: asked.length,
      askedInVain,
      stored: count("decision_stored"),
      passed: count("task_passed"),
      elections: count("leader_elected"),
      findings: await led.findings(),
    };
    for (const leader of [second, first]) leader.leave();
    await second.ended;
    await heir.close();
    if (!mortal.isDead) await mortal.zk.close();
    return life;
  }

  /** Tries every commit of the life, or each n-th, a few at once. */
  async function tryAll(
    when: Death["when"],
    sentBack: readonly string[] = [],
    each = 1,
  ): Promise<Tried[]> {
    const whole = await live(null, sentBack);
    expect(whole).toMatchObject({ isDead: false, requirement: "completed", elections: 1 });
    const count = Math.floor(whole.commits / each);
    const all = Array.from({ length: count }, (_, index) => (index + 1) * each);
    const tried: Tried[] = [];
    const hand = async () => {
      for (let at = all.shift(); at !== undefined; at = all.shift()) {
        tried.push({ at, life: await live({ at, when }, sentBack) });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, hand));
    return tried.sort((one, other) => one.at - other.at);
  }

  test.each(["before", "after"] as const)(
    "%s it is carried out, is followed by a standby that does the rest, once",
    async (when) => {
      const tried = await tryAll(when);
      const dead = tried.filter(({ life }) => life.isDead);
      // The message, plan and chain; then, for each link, an answer, its consequence, and a report.
      expect(dead.length).toBeGreaterThanOrEqual(14);
      for (const { at, life } of dead) {
        expect({ at, ...life }).toEqual({
          at,
          ...life,
          requirement: "completed",
          others: 0,
          chains: ["completed after 0"],
          runs: {
            decompose: expect.any(Number),
            plan: 1,
            build: 1,
            verify: 1,
            review: 1,
            accept: 1,
          },
          askedInVain: [],
          stored: 5,
          passed: 5,
          elections: 2,
          findings: [],
        });
        const again = (life.runs["decompose"] ?? 0) - 1 + life.asked - 5;
        // What was asked and not kept yet is asked again; all else is not.
        expect(again, `commit ${at}`).toBeLessThanOrEqual(1);
      }
    },
    180_000,
  );

  test("keeps to the rounds of a chain that was sent back", async () => {
    const tried = await tryAll("before", SENT_BACK, 4);
    for (const { at, life } of tried) {
      expect({ at, ...life }).toEqual({
        at,
        ...life,
        requirement: "completed",
        chains: ["completed after 2"],
        // Feedback: verify again. Reject: build again, and everything after it.
        runs: { decompose: expect.any(Number), plan: 1, build: 2, verify: 3, review: 2, accept: 1 },
        askedInVain: [],
        stored: 9,
        passed: 7,
        findings: [],
      });
    }
  }, 180_000);
});

/** What became of one requirement. */
interface Life {
  readonly isDead: boolean;
  readonly commits: number;
  readonly requirement: string;
  readonly others: number;
  readonly chains: readonly string[];
  /** But for decisions. */
  readonly runs: Record<string, number>;
  /** Runs that were to decide. */
  readonly asked: number;
  /** Reports that were asked about though there was an answer. */
  readonly askedInVain: readonly string[];
  readonly stored: number;
  readonly passed: number;
  readonly elections: number;
  readonly findings: readonly unknown[];
}

interface Tried {
  readonly at: number;
  readonly life: Life;
}

/** `decide-0000000001-1-20260101T000000000Z.log` is about `task-0000000001-1`. */
function reportOf({ request }: ScriptedRun): string {
  const name = /^decide-(\d+-\d+)-/.exec(basename(request.logPath))?.[1];
  return `task-${name}`;
}

async function answerTo(team: Team, report: string): Promise<unknown> {
  const [chain] = await team.chains.list();
  return chain === undefined ? null : await team.chains.decision(chain.id, ReportId.parse(report));
}

/** The first report of each of these links is not passed. */
function sendingBack(run: ScriptedRun, links: readonly string[]) {
  const [link = ""] = /(?<=finished the \*\*)\w+/.exec(run.prompt) ?? [];
  if (run.kind !== "decide" || !links.includes(link) || !/-1$/.test(reportOf(run))) return null;
  const isReject = link === "review";
  return {
    answer: {
      decision: isReject ? "reject" : "feedback",
      reason: "Not yet",
      guidance: "Do more",
      redo_link: isReject ? "build" : null,
    },
  };
}

/** Resolves when the journal tells of so many elections. */
async function untilElected(team: Pick<Team, "journal">, count: number): Promise<void> {
  let elections = 0;
  for await (const { type } of team.journal.follow(AbortSignal.timeout(80_000), "")) {
    if (type === "leader_elected" && ++elections >= count) return;
  }
  throw new Error(`Only ${elections} elections`);
}
