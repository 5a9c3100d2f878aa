import { expect, test } from "vitest";
import { idOf, InstanceId } from "../../src/domain/ids.ts";
import { until } from "../support/candidates.ts";
import { ledTeams } from "../support/led_team.ts";
import { goodTeam, type ScriptedRun } from "../support/scripted_agent.ts";
import { PERSON } from "../support/task_team.ts";
import { startTestWorker, teamOn, untilTask } from "../support/worker_bench.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const BUILD = idOf("task", 2);
const workerOf = ({ request }: ScriptedRun) => request.env["CLAUDE_ORCHESTRATOR_INSTANCE_ID"] ?? "";
const isAbout = ({ kind, prompt }: ScriptedRun, link: string) =>
  kind === "decide" && prompt.includes(`finished the **${link}** link`);
const runners = (runs: readonly ScriptedRun[]) =>
  Object.fromEntries(
    runs.filter(({ kind }) => kind !== "decide" && kind !== "decompose").map((
      run,
    ) => [run.kind, workerOf(run)]),
  );

describeWithZooKeeper("a Leader that gives out links", (server) => {
  const start = ledTeams(server);

  test.each([
    [["planner", "builder", "verifier", "reviewer", "accepter"]],
    [["architect", "developer", "tester", "architect-2", "accepter"]],
  ])("gives each link to a role that is made for it: %j", async (roles) => {
    const led = await start(goodTeam(), { roles: [] });
    const team = teamOn(led.zk, led.root);
    for (const role of roles) {
      startTestWorker(team, {
        name: `w-${role}`,
        role: role.replace(/-2$/, ""),
        command: "scripted",
        workshop: led.workshop,
      });
    }
    await until(async () => (await team.members.list()).length === 6);
    const { requirement } = await led.settled();
    expect(requirement.status).toBe("completed");
    const by = runners(led.workshop.runs);
    expect([by["plan"], by["review"]].map((name) => name?.replace(/-2$/, ""))).toEqual(
      roles[0] === "planner" ? ["w-planner", "w-reviewer"] : ["w-architect", "w-architect"],
    );
    expect([by["build"], by["verify"], by["accept"]]).toEqual(
      [1, 2, 4].map((index) => `w-${roles[index]}`),
    );
  });

  test("gives a link of which nobody is of the role to anybody", async () => {
    const led = await start(goodTeam(), { roles: ["planner"] });
    expect((await led.settled()).requirement.status).toBe("completed");
    expect(new Set(Object.values(runners(led.workshop.runs)))).toEqual(new Set(["w-planner"]));
  });

  const REASSIGN = {
    decision: "feedback",
    reason: "Let somebody else look",
    guidance: "Do it properly",
    next_action: "reassign",
    assignee: "w-tester",
  };
  /** Its first build is to be done again by `w-tester`. */
  const reassigning = (other: (run: ScriptedRun) => Promise<null> | null = () => null) =>
    goodTeam(async (run) => {
      await other(run);
      return isAbout(run, "build") && /decide-0{9}2-1-/.test(run.request.logPath)
        ? { answer: REASSIGN }
        : null;
    });
  const TEAM = ["planner", "builder", "tester", "reviewer", "accepter"];

  test("has a link done again by the member that was named", async () => {
    const led = await start(reassigning(), { roles: TEAM });
    expect((await led.settled()).requirement.status).toBe("completed");
    const builds = led.workshop.runs.filter(({ kind }) => kind === "build").map(workerOf);
    expect(builds).toEqual(["w-builder", "w-tester"]);
  });

  test("gives the link to another where the member that was named has left", async () => {
    let leave = () => {};
    const led = await start(
      reassigning((run) => {
        if (isAbout(run, "build")) leave();
        return null;
      }),
      { roles: TEAM },
    );
    const tester = led.workers[TEAM.indexOf("tester")];
    leave = () => tester?.stop();
    const { requirement, chains } = await led.settled();
    expect(requirement.status).toBe("completed");
    expect(chains[0]?.rounds).toHaveLength(1);
    const task = await led.team.tasks.get(BUILD);
    expect(task.completed_by_name).not.toBe("w-tester");
  });

  test("gives a link to others where its whole role leaves before anybody takes it", async () => {
    let go = () => {};
    const gate = new Promise<void>((resolve) => go = resolve);
    const led = await start(
      goodTeam(async (run) => {
        // Busy with something else until it is gone.
        if (run.kind === "task" && workerOf(run) === "w-builder") await gate;
        return null;
      }),
      { roles: ["planner", "builder"], waits: { openToAllMs: 60_000 } },
    );
    const { id } = await led.team.tasks.push({ title: "Another thing", role: "builder" }, PERSON);
    await untilTask(led.team.tasks, id, "in_progress");
    const requirement = await led.submit("Make it so");
    await until(async () => {
      const { tasks } = await led.team.tasks.list();
      return tasks.some(({ link, role }) => link === "build" && role === "builder");
    });
    led.workers[1]?.stop();
    go();
    expect((await led.settled(requirement)).requirement.status).toBe("completed");
    const reasons = (await led.events("task_reassigned")).map(({ reason }) => reason);
    expect(reasons).toEqual(["Every builder is gone"]);
  });

  test("opens a link to all where its role has been busy for long and others are idle", async () => {
    let go = () => {};
    const gate = new Promise<void>((resolve) => go = resolve);
    const led = await start(
      goodTeam(async (run) => {
        if (run.kind === "task") await gate;
        return null;
      }),
      { roles: ["planner", "builder"], waits: { openToAllMs: 400 } },
    );
    const { id } = await led.team.tasks.push({ title: "Another thing", role: "builder" }, PERSON);
    await untilTask(led.team.tasks, id, "in_progress");
    expect((await led.settled()).requirement.status).toBe("completed");
    go();
    const reasons = (await led.events("task_reassigned")).map(({ reason }) => reason);
    expect(reasons[0]).toMatch(/^No builder has taken it for \d+ s$/);
    expect(runners(led.workshop.runs)["build"]).toBe("w-planner");
  });

  test("opens a link to all where a member of its role never claims it", async () => {
    const led = await start(goodTeam(), { roles: ["planner"], waits: { openToAllMs: 400 } });
    const ann = { id: InstanceId.parse("ann"), name: "Ann", role: "builder", host: "", pid: 7 };
    await led.team.members.register(ann);
    expect((await led.settled()).requirement.status).toBe("completed");
    expect(runners(led.workshop.runs)["build"]).toBe("w-planner");
  });

  test("does not take the time of a pause for reluctance", async () => {
    let pause = async () => {};
    const script = goodTeam(async ({ kind }) => {
      if (kind === "decompose") await pause();
      return null;
    });
    const led = await start(script, { waits: { openToAllMs: 600 } });
    pause = async () => {
      await led.team.pause.pause(Date.now() + 1_500, "for the test", PERSON);
    };
    expect((await led.settled()).requirement.status).toBe("completed");
    expect(await led.events("task_reassigned")).toEqual([]);
  });
});
