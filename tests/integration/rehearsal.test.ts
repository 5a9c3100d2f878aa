import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { workshopHere } from "../../src/agent/workshop.ts";
import type { Team } from "../../src/coordination/team.ts";
import type { Chain } from "../../src/domain/chain.ts";
import { isSettled, type Requirement } from "../../src/domain/requirement.ts";
import type { Link, Task } from "../../src/domain/task.ts";
import { nodeFiles } from "../../src/platform/node/files.ts";
import { systemClock } from "../../src/platform/node/system_clock.ts";
import { systemRandom } from "../../src/platform/node/system_random.ts";
import { MISHAP_NAMES } from "../../src/rehearsal/part.ts";
import { REHEARSAL_COMMAND, rehearsalWorkshop } from "../../src/rehearsal/rehearsal_workshop.ts";
import { parseScript } from "../../src/rehearsal/script.ts";
import { startTestLeader } from "../support/leader_bench.ts";
import { useClient } from "../support/live.ts";
import { PERSON } from "../support/task_team.ts";
import { type RunningWorker, startTestWorker, teamOn } from "../support/worker_bench.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const QUICK = "time=4ms,reset=300ms,patience=300ms";
const [COMMAND = ""] = REHEARSAL_COMMAND;

/** What is left of a rehearsal. */
interface Played {
  readonly requirement: Requirement;
  readonly chain: Chain;
  readonly task: (link: Link) => Task;
  /** Actions of a link's history, in order. */
  readonly actions: (link: Link) => string[];
  readonly events: readonly string[];
  readonly workers: readonly RunningWorker[];
}

describeWithZooKeeper("a rehearsal", (server) => {
  const zk = useClient(server);
  let root: string;
  let team: Team;
  beforeEach(async () => {
    root = await server.freshRoot();
    team = teamOn(zk, root);
  });

  /** A whole team plays a script from a requirement to its end. */
  async function play(script: string, roles: readonly string[] = ["general"]): Promise<Played> {
    const real = workshopHere(
      { clock: systemClock, random: systemRandom, env: process.env },
      nodeFiles,
    );
    const workshop = () =>
      rehearsalWorkshop(real, { clock: systemClock, script: parseScript(`${QUICK},${script}`) });
    const leader = await startTestLeader(zk, root, {
      workshop: workshop(),
      settings: { command: REHEARSAL_COMMAND },
    });
    const workers = roles.map((role) =>
      startTestWorker(team, {
        name: `w-${role}`,
        role,
        command: `'${COMMAND}'`,
        workshop: workshop(),
      })
    );
    const { id } = await team.requirements.submit({ content: "Say hello" }, PERSON);
    const requirement = await settled(id, leader.lines);
    const [chainId] = requirement.chains;
    if (chainId === undefined) throw new Error(`No chain: ${requirement.reason}`);
    const chain = await team.chains.get(chainId);
    const tasks = await team.chains.tasks(chain);
    const task = (link: Link) => {
      const found = tasks.find((each) => each.link === link);
      if (found === undefined) throw new Error(`No ${link}`);
      return found;
    };
    return {
      requirement,
      chain,
      task,
      actions: (link) => task(link).history.map(({ action }) => action),
      events: (await team.journal.read()).map(({ type }) => type),
      workers,
    };
  }

  async function settled(id: Requirement["id"], lines: readonly string[]): Promise<Requirement> {
    for await (const requirement of team.requirements.watch(id, AbortSignal.timeout(80_000))) {
      if (isSettled(requirement)) return requirement;
    }
    throw new Error(`It was not settled in time:\n${lines.join("\n")}`);
  }

  const roundsOf = ({ chain }: Played) =>
    chain.rounds.map(({ decision, link, redo }) => `${decision} ${link} ${redo}`);

  test("takes a requirement through all links, for nothing", async () => {
    const played = await play("seed=7", ["builder", "general"]);
    expect(played.requirement).toMatchObject({ status: "completed", spent: { cost_usd: 0 } });
    expect(played.chain).toMatchObject({ status: "completed", rounds: [] });
    expect(played.chain.links.map(({ link }) => link)).toEqual([
      "build",
      "verify",
      "review",
      "accept",
    ]);
    const build = played.task("build");
    expect(build).toMatchObject({ judgement: "passed", spent: { cost_usd: 0, runs: 1 } });
    const worker = played.workers.find(({ id }) => id === build.completed_by);
    const written = join(worker?.directory ?? "", "work", "rehearsal", `${build.id}.md`);
    expect(readFileSync(written, "utf8")).toContain("seed 7");
    expect((await team.tasks.audit()).findings).toEqual([]);
  });

  describe("in which something goes wrong comes to its end:", () => {
    const tried = new Set<string>();
    const ended = async (script: string): Promise<Played> => {
      for (const [word] of script.matchAll(/[\w-]+(?=@)/g)) tried.add(word);
      const played = await play(script);
      expect(played.requirement).toMatchObject({ status: "completed", reason: null });
      return played;
    };

    test.each(["429", "overload", "login"])("%s gives the link back", async (mishap) => {
      const played = await ended(`${mishap}@build`);
      expect(played.actions("build").filter((each) => each === "release")).toHaveLength(1);
      expect(played.task("build")).toMatchObject({ retry_count: 0, spent: { runs: 2 } });
      expect(played.events.includes("fleet_paused")).toBe(mishap === "429");
    });

    test.each([
      "deny",
      "crash",
      "noresult",
      "stall",
      "hang",
      "turns",
      "failed",
    ])("%s fails an attempt, and the next one is made", async (mishap) => {
      const played = await ended(`${mishap}@build`);
      expect(played.actions("build").filter((each) => each === "fail")).toHaveLength(1);
      expect(played.task("build")).toMatchObject({ retry_count: 1, spent: { runs: 2 } });
      expect(roundsOf(played)).toEqual([]);
    });

    test("budget fails the link, which gets another round", async () => {
      const played = await ended("budget@build");
      expect(roundsOf(played)).toEqual(["feedback build build"]);
      expect(played.task("build").spent.runs).toBe(2);
    });

    test("slow takes its time", async () => {
      const played = await ended("slow@build");
      expect(played.task("build")).toMatchObject({ retry_count: 0, spent: { runs: 1 } });
    });

    test("blocked has everybody asked, and goes on with the answer", async () => {
      const played = await ended("blocked@build");
      expect(played.actions("build")).toContain("block");
      expect(played.task("build").guidance.map(({ text }) => text).join()).toContain("rehears");
    });

    test.each([
      ["feedback@verify", ["feedback verify verify"]],
      ["feedback@verify#1,feedback@verify#2", Array(2).fill("feedback verify verify")],
      ["reject@review", ["reject review build"]],
      ["reject@accept,feedback@review#2", ["reject accept build", "feedback review review"]],
      ["feedback@decide", ["feedback build build"]],
      ["reject@decide#2", ["reject verify build"]],
    ])("%s makes the rounds %j", async (script, rounds) => {
      expect(roundsOf(await ended(script))).toEqual(rounds);
    });

    test.each(["badjson@decompose", "badjson@decide#2"])("%s is asked again", async (script) => {
      const played = await ended(script);
      expect(played.events.filter((type) => type === "answer_refused")).toHaveLength(1);
    });

    test.each([
      "429@decide",
      "overload@decompose",
      "login@decide",
      "crash@decide",
      "deny@decompose",
      "hang@decide",
    ])("%s is tried again by the Leader", async (script) => {
      expect(roundsOf(await ended(script))).toEqual([]);
    });

    test("conflict writes the file that all others write, too", async () => {
      const { workers } = await ended("conflict@build");
      const directory = join(workers[0]?.directory ?? "", "work", "rehearsal");
      expect(readdirSync(directory)).toEqual(["shared.md"]);
    });

    test("all of them were tried", () => {
      expect([...tried].sort()).toEqual([...MISHAP_NAMES].sort());
      const document = readFileSync("docs/rehearsal.md", "utf8");
      const rows = [...document.matchAll(/^\| `([\w-]+)` \| (?:everywhere|[a-z]+, )/gm)];
      expect(rows.map(([, name]) => name).sort()).toEqual([...MISHAP_NAMES].sort());
    });
  });

  test("in which a link never passes is given up after its rounds", async () => {
    const { requirement, chain } = await play("feedback@verify#*");
    expect(requirement.status).toBe("failed");
    expect(chain).toMatchObject({ status: "failed" });
    expect(chain.rounds).toHaveLength(3);
    expect(chain.reason).toContain("Rehearsed: one point is not shown");
  });
});
