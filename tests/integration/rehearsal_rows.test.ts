import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Workshop, workshopHere } from "../../src/agent/workshop.ts";
import type { Team } from "../../src/coordination/team.ts";
import { InstanceId } from "../../src/domain/ids.ts";
import type { Task } from "../../src/domain/task.ts";
import { KNOWN_LINKS } from "../../src/domain/words.ts";
import { nodeFiles } from "../../src/platform/node/files.ts";
import { systemClock } from "../../src/platform/node/system_clock.ts";
import { systemRandom } from "../../src/platform/node/system_random.ts";
import { type Mishap, MISHAP_NAMES, MISHAPS, type Part } from "../../src/rehearsal/part.ts";
import { REHEARSAL_COMMAND, rehearsalWorkshop } from "../../src/rehearsal/rehearsal_workshop.ts";
import { readScene } from "../../src/rehearsal/scene.ts";
import { parseScript } from "../../src/rehearsal/script.ts";
import { until } from "../support/candidates.ts";
import { observer } from "../support/led_team.ts";
import { startTestLeader } from "../support/leader_bench.ts";
import { useClient } from "../support/live.ts";
import { PERSON } from "../support/task_team.ts";
import { startTestWorker, teamOn, untilTask } from "../support/worker_bench.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const QUICK = "time=4ms,reset=80ms,patience=80ms";
/** Long enough for a plan. */
const WANTED = `Say hello. ${"And say it well. ".repeat(30)}`;
/** ms that all of it together may take on a machine that has other things to do. */
const WITHIN_MS = 100_000;

/** A spent budget ends what the Leader asks about at once, so that is played apart. */
const FATAL: readonly Part[] = ["decompose", "decide"];

/** What became of a row of the table: the first run of each part had its failure. */
interface Row {
  readonly status: string;
  readonly reason: string | null;
  /** Runs of the agent, by part. */
  readonly runs: Readonly<Partial<Record<Part, number>>>;
  readonly rounds: readonly string[];
  /** By link, what `actions` make of its history, and the retries that it counts in the end. */
  readonly links: Readonly<Record<string, string>>;
  readonly task: string;
  /** Messages that were neither answered nor given up. */
  readonly unanswered: number;
  readonly events: readonly string[];
  readonly written: readonly string[];
  readonly findings: readonly unknown[];
}

/** What happened to a task beside what happens to every one, and the retries it counts. */
function story({ history, retry_count, status }: Task): string {
  const told = ["release", "fail", "block", "reopen"];
  const actions = history.map(({ action }) => action).filter((action) => told.includes(action));
  return [...actions, status, retry_count].join(" ");
}

describeWithZooKeeper("every failure of a rehearsal, at every part that can have it,", (server) => {
  const zk = useClient(server);
  const rows = new Map<string, Row | Error>();

  /** A team of one Worker takes a requirement with all links to its end, then a task, then a message. */
  async function played(script: string): Promise<Row> {
    const root = await server.freshRoot();
    const team = teamOn(zk, root);
    const runs: Partial<Record<Part, number>> = {};
    const workshop = () => counting(runs, script);
    const leader = await startTestLeader(zk, root, {
      workshop: workshop(),
      settings: { command: REHEARSAL_COMMAND },
      waits: { helpMs: 60_000 },
    });
    const worker = startTestWorker(team, {
      command: `'${REHEARSAL_COMMAND[0]}'`,
      workshop: workshop(),
      waits: { selfPauseMs: 100, backOff: { firstMs: 20, maxMs: 50 } },
    });
    const { settled, findings } = observer(
      team,
      () => [...leader.lines, ...worker.lines],
      WITHIN_MS,
    );
    const { requirement, chains: [chain] } = await settled({ content: WANTED, maxRounds: 10 });
    const task = await untilTask(
      team.tasks,
      (await team.tasks.push({ title: "Say it once" }, PERSON)).id,
      ({ status }) => ["completed", "failed", "blocked"].includes(status),
    );
    const unanswered = await answered(team);
    const tasks = chain === undefined ? [] : await team.chains.tasks(chain);
    return {
      status: requirement.status,
      reason: requirement.reason,
      runs,
      rounds: (chain?.rounds ?? []).map(({ decision, link, redo }) =>
        `${decision} ${link} ${redo}`
      ),
      links: Object.fromEntries(tasks.map((each) => [each.link ?? "", story(each)])),
      task: story(task),
      unanswered,
      events: (await team.journal.read()).map(({ type }) => type),
      written: readdirSync(join(worker.directory, "work", "rehearsal")),
      findings: await findings(),
    };
  }

  /** Asks the Worker something, and waits until that is over; messages that are left then. */
  async function answered(team: Team): Promise<number> {
    const tom = InstanceId.parse("tom");
    await team.inbox.send({ to: [tom], content: "How is it?", type: "direct", from: PERSON });
    const left = async () => (await team.inbox.poll(tom, {})).messages.length;
    await until(async () => await left() === 0, WITHIN_MS);
    return (await team.inbox.deadLetters(tom)).letters.length;
  }

  const row = (name: string): Row => {
    const found = rows.get(name);
    if (found === undefined || found instanceof Error) throw found ?? new Error(`No ${name}`);
    return found;
  };
  const everywhere = (mishap: Mishap, but: readonly Part[] = []) =>
    MISHAPS[mishap].filter((part) => !but.includes(part)).map((part) => `${mishap}@${part}`);

  test("are played to their ends, all at once", async () => {
    const scripts: [string, string][] = [
      ...MISHAP_NAMES.map((mishap): [string, string] => [
        mishap,
        everywhere(mishap, mishap === "budget" ? FATAL : []).join(","),
      ]),
      ...FATAL.map((part): [string, string] => [`budget@${part}`, `budget@${part}`]),
    ];
    await Promise.all(scripts.map(async ([name, script]) => {
      rows.set(name, await played(script).catch((error: unknown) => error as Error));
    }));
  }, WITHIN_MS + 20_000);

  const ONCE = { plan: 1, build: 1, verify: 1, review: 1, accept: 1, task: 1, message: 1 };
  const links = (told: string) => Object.fromEntries(KNOWN_LINKS.map((link) => [link, told]));
  const TWICE = Object.fromEntries(Object.keys(ONCE).map((part) => [part, 2]));
  const ASKED_AGAIN = { decompose: 2, decide: 6 };
  const ASKED = { decompose: 1, decide: 5 };
  const FINE = { status: "completed", reason: null, rounds: [], unanswered: 0, findings: [] };

  test.each(["429", "overload", "login"])("%s: given back, no attempt used", (mishap) => {
    expect(row(mishap)).toMatchObject({
      ...FINE,
      runs: { ...TWICE, ...ASKED_AGAIN },
      links: links("release completed 0"),
      task: "release completed 0",
    });
    expect(row(mishap).events.includes("fleet_paused")).toBe(mishap === "429");
  });

  test.each(["deny", "crash", "noresult", "stall", "hang", "turns"])(
    "%s: a failed attempt, then another one",
    (mishap) => {
      expect(row(mishap)).toMatchObject({
        ...FINE,
        runs: { ...TWICE, ...ASKED_AGAIN },
        links: links("fail completed 1"),
        task: "fail completed 1",
      });
    },
  );

  test("failed: the same, by the agent's own word", () => {
    expect(row("failed")).toMatchObject({
      ...FINE,
      runs: { ...TWICE, ...ASKED, message: 1 },
      links: links("fail completed 1"),
      task: "fail completed 1",
    });
  });

  test("budget: the link failed and sent back, the task failed for good", () => {
    expect(row("budget")).toMatchObject({
      ...FINE,
      runs: { ...TWICE, ...ASKED, decide: 10, task: 1 },
      rounds: KNOWN_LINKS.map((link) => `feedback ${link} ${link}`),
      links: links("fail reopen completed 0"),
      task: "fail failed 0",
    });
  });

  test.each(FATAL)("budget at %s: nothing more is asked", (part) => {
    const { status, reason, runs } = row(`budget@${part}`);
    expect({ status, runs: runs[part] }).toEqual({ status: "failed", runs: 1 });
    expect(reason).toContain("It had used what it may cost");
  });

  test("slow: completed, only later", () => {
    expect(row("slow")).toMatchObject({
      ...FINE,
      runs: { ...ONCE, ...ASKED },
      links: links("completed 0"),
      task: "completed 0",
    });
  });

  test("blocked: everybody asked, and done again with the answer, in another round", () => {
    expect(row("blocked")).toMatchObject({
      ...FINE,
      rounds: KNOWN_LINKS.map((link) => `feedback ${link} ${link}`),
      runs: { plan: 2, build: 2, verify: 2, review: 2, accept: 2, task: 1, decide: 10 },
      links: links("block reopen completed 0"),
      task: "block blocked 0",
    });
  });

  test("feedback: done again in another round", () => {
    expect(row("feedback")).toMatchObject({
      ...FINE,
      rounds: ["plan", "verify", "review", "accept"].map((link) => `feedback ${link} ${link}`),
      runs: { ...ONCE, plan: 2, verify: 2, review: 2, accept: 2, decompose: 1, decide: 9 },
    });
  });

  test("reject: build again, and all after it; of the first link it is asked again", () => {
    expect(row("reject")).toMatchObject({
      ...FINE,
      rounds: ["verify", "review", "accept"].map((link) => `reject ${link} build`),
      runs: { ...ONCE, build: 4, verify: 4, review: 3, accept: 2, decompose: 1 },
    });
    expect(row("reject").events.filter((type) => type === "answer_refused")).toHaveLength(1);
  });

  test("badjson: asked again with what is wrong", () => {
    expect(row("badjson")).toMatchObject({ ...FINE, runs: { ...ONCE, ...ASKED_AGAIN } });
    expect(row("badjson").events.filter((type) => type === "answer_refused")).toHaveLength(2);
  });

  test("conflict: completed, in the file that all others write, too", () => {
    expect(row("conflict")).toMatchObject({ ...FINE, runs: { ...ONCE, ...ASKED } });
    expect(row("conflict").written).toEqual(["shared.md"]);
  });

  test("each has a row here, and one in the document", () => {
    expect(MISHAP_NAMES.filter((mishap) => !rows.has(mishap))).toEqual([]);
    const document = readFileSync("docs/rehearsal.md", "utf8");
    const told = [...document.matchAll(/^\| `([\w-]+)` \| (?:everywhere|[a-z]+, )/gm)];
    expect(told.map(([, name]) => name).sort()).toEqual([...MISHAP_NAMES].sort());
  });
});

/** The rehearsal agent, whose runs are counted by part. */
function counting(runs: Partial<Record<Part, number>>, script: string): Workshop {
  const here = { clock: systemClock, random: systemRandom, env: process.env };
  const rehearsed = rehearsalWorkshop(workshopHere(here, nodeFiles), {
    clock: systemClock,
    script: parseScript(`${QUICK},${script}`),
  });
  return {
    ...rehearsed,
    run: (request) => {
      const { part } = readScene(request, () => 0);
      runs[part] = (runs[part] ?? 0) + 1;
      return rehearsed.run(request);
    },
  };
}
