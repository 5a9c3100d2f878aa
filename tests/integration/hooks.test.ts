import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import type { Team } from "../../src/coordination/team.ts";
import type { JournalEvent, NewEvent } from "../../src/domain/event.ts";
import type { HookPoint } from "../../src/domain/hook.ts";
import { InstanceId } from "../../src/domain/ids.ts";
import { HookLog } from "../../src/hooks/hook_log.ts";
import { type HooksOptions, startHooks } from "../../src/hooks/hooks.ts";
import { takenUpAfter } from "../../src/hooks/succession.ts";
import { nodeFiles } from "../../src/platform/node/files.ts";
import { systemClock } from "../../src/platform/node/system_clock.ts";
import { systemRandom } from "../../src/platform/node/system_random.ts";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import { fileAppears } from "../support/awaited_file.ts";
import { until } from "../support/candidates.ts";
import { connectTo } from "../support/task_team.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { teamOn } from "../support/worker_bench.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const SELF = InstanceId.parse("boss");
const NEVER = new AbortController().signal;

describeWithZooKeeper("hooks", (server) => {
  let zk: ZooKeeper;
  let team: Team;
  beforeAll(async () => {
    zk = await connectTo(server.hosts);
  });
  afterAll(() => zk.close());
  beforeEach(async () => {
    team = teamOn(zk, await server.freshRoot());
  });

  /** Hooks of a Leader in a directory of its own, for what happens from now on. */
  const start = async (
    commands: { readonly [P in HookPoint]?: readonly string[] },
    more: Partial<HooksOptions> = {},
    since?: string,
  ) => {
    const cwd = temporaryDirectory();
    const lines: string[] = [];
    const log = join(cwd, "hooks.log");
    const hooks = startHooks({
      commands: new Map(Object.entries(commands) as [HookPoint, readonly string[]][]),
      place: "leader",
      member: { id: SELF, name: "Boss", role: "leader" },
      journal: team.journal,
      announce: team.announce,
      cwd,
      env: { PATH: process.env["PATH"], ZK_HOSTS: server.hosts },
      timeoutMs: 20_000,
      log: new HookLog(log, nodeFiles, systemClock),
      clock: systemClock,
      random: systemRandom,
      show: (line) => lines.push(line),
      ...more,
    }, since ?? await team.journal.head());
    onTestFinished(() => hooks.finish(0, AbortSignal.abort()));
    return { hooks, cwd, lines, log, at: (name: string) => join(cwd, name) };
  };
  const happens = (...events: NewEvent[]) =>
    events.reduce((before, event) => before.then(() => team.announce(event)), Promise.resolve());
  const ran = async () => (await team.journal.read()).filter(({ type }) => type === "hook_ran");
  const untilRan = (count: number) => until(async () => (await ran()).length >= count, 60_000);
  const outcomes = async () => (await ran()).map(({ data }) => data?.["outcome"]);

  test("one gets its event on standard input and in its environment, and is told of", async () => {
    const script = "tee input; env | grep -c EVIL > evil; printf '%s ' " +
      '"$CLAUDE_ORCHESTRATOR_EVENT" "$CLAUDE_ORCHESTRATOR_EVENT_ID" ' +
      '"$CLAUDE_ORCHESTRATOR_INSTANCE_ID" > env';
    const { at, lines, log } = await start({ fleet_paused: ["sh", "-c", script] });
    const reason = "$(touch hit); `touch hit` \u001b[31m\nEVIL=1";
    await happens({ type: "fleet_paused", by: "w1", by_name: "W", reason });
    await untilRan(1);
    const [event] = (await team.journal.read()).filter(({ type }) => type === "fleet_paused");
    expect(JSON.parse(readFileSync(at("input"), "utf8"))).toEqual({
      v: 1,
      point: "fleet_paused",
      member: { id: "boss", name: "Boss", role: "leader" },
      event,
    });
    expect(readFileSync(at("env"), "utf8")).toBe(`fleet_paused ${event?.id} boss `);
    expect([readFileSync(at("evil"), "utf8"), existsSync(at("hit"))]).toEqual(["0\n", false]);
    expect(await ran()).toMatchObject([{
      by: "boss",
      by_name: "Boss",
      reason: null,
      data: {
        point: "fleet_paused",
        event_id: event?.id,
        outcome: "ok",
        exit_code: 0,
        program: "sh",
      },
    }]);
    expect((await ran())[0]?.data?.["output"]).not.toContain("\u001b");
    expect(readFileSync(log, "utf8")).toMatch(/ fleet_paused \d{10}-\d{10} ok 0 \d+ ms\n/);
    expect(lines).toEqual([]);
  });

  test("a failure, a program that is missing and one that hangs are told, and hold up nothing", async () => {
    const { lines } = await start({
      chain_opened: ["sh", "-c", "echo no such luck >&2; exit 3"],
      chain_failed: ["no-such-program"],
      fleet_paused: ["sleep", "600"],
      chain_completed: ["true"],
    }, { timeoutMs: 3_000 });
    await happens(
      { type: "fleet_paused" },
      { type: "chain_opened" },
      { type: "chain_failed" },
      { type: "chain_completed" },
    );
    await untilRan(4);
    const told = (await ran()).map((
      { data, reason },
    ) => [data?.["point"], data?.["outcome"], reason]);
    expect(told.sort()).toEqual([
      ["chain_completed", "ok", null],
      ["chain_failed", "not_started", expect.stringContaining("ENOENT")],
      ["chain_opened", "failed", "It ended with status 3"],
      ["fleet_paused", "timed_out", "It ran for longer than 3000 ms and was ended"],
    ]);
    expect((await ran()).at(-1)?.data?.["point"]).toBe("fleet_paused");
    expect(lines.filter((line) => line.startsWith("Hook "))).toHaveLength(3);
  });

  test("of 10 MB of output the journal and the log keep the end", async () => {
    const { log } = await start({
      chain_opened: ["sh", "-c", "head -c 10000000 /dev/zero | tr '\\0' x; echo; echo THE END"],
    });
    await happens({ type: "chain_opened" });
    await untilRan(1);
    const output = String((await ran())[0]?.data?.["output"]);
    expect([output.length, output.endsWith("THE END\n")]).toEqual([1000, true]);
    expect(nodeFiles.status(log)?.bytes).toBeLessThan(70_000);
    expect(readFileSync(log, "utf8")).toContain("the first 9934473 bytes are left out");
  });

  test("1,000 events run 1,000 hooks, those of a point in order", async () => {
    const script = 'echo "$CLAUDE_ORCHESTRATOR_EVENT_ID" >> "$CLAUDE_ORCHESTRATOR_EVENT"';
    const append = ["sh", "-c", script];
    const { at } = await start({ chain_opened: append, chain_failed: append });
    const types = ["chain_opened", "chain_failed"] as const;
    const events = Array.from({ length: 1000 }, (_, index) => types[index % 2] ?? "chain_opened");
    await happens(...events.map((type) => ({ type })));
    await until(async () => (await ran()).length >= 1000, 60_000);
    const all = await team.journal.read();
    for (const type of types) {
      const ids = all.filter((event) => event.type === type).map(({ id }) => id);
      expect(readFileSync(at(type), "utf8").trimEnd().split("\n")).toEqual(ids);
    }
    expect(new Set(await outcomes())).toEqual(new Set(["ok"]));
  }, 180_000);

  test("what comes while too many wait is dropped, and told with its number", async () => {
    const { at, lines } = await start(
      {
        chain_opened: ["sh", "-c", "until test -e go; do sleep 0.05; done; echo >> runs"],
        chain_failed: ["touch", "seen"],
      },
      { maxWaiting: 3 },
    );
    await happens(...Array.from({ length: 10 }, () => ({ type: "chain_opened" as const })));
    await happens({ type: "chain_failed" });
    await fileAppears(at("seen"));
    writeFileSync(at("go"), "");
    await until(() => Promise.resolve(lines.some((line) => line.includes("6 events"))), 60_000);
    await untilRan(6);
    expect(readFileSync(at("runs"), "utf8")).toBe("\n".repeat(4));
    expect((await ran()).find(({ data }) => data?.["outcome"] === "dropped")).toMatchObject({
      reason: "It was not run for 6 events: too many were waiting",
      data: { point: "chain_opened", dropped: 6 },
    });
  });

  test("who leaves runs what has happened up to then, and ends what does not end in time", async () => {
    const { hooks, at } = await start({
      chain_completed: ["sh", "-c", "echo >> completed"],
      fleet_paused: ["sleep", "600"],
    });
    await happens({ type: "fleet_paused" }, { type: "chain_completed" }, { type: "fleet_paused" });
    const started = systemClock.monotonic();
    await hooks.finish(1000, NEVER);
    expect(systemClock.monotonic() - started).toBeLessThan(20_000);
    expect(existsSync(at("completed"))).toBe(true);
    expect((await outcomes()).sort()).toEqual(["dropped", "ok", "stopped"]);
    const before = (await ran()).length;
    await happens({ type: "chain_completed" });
    expect(await ran()).toHaveLength(before);
  });

  test("what a Leader that was killed told nothing of is run by the next one; the rest is not", async () => {
    const elected = (by: string): NewEvent => ({ type: "leader_elected", by });
    const since = await team.journal.head();
    await happens(elected("boss"));
    const record = ["sh", "-c", 'echo "$CLAUDE_ORCHESTRATOR_EVENT_ID" >> ran'];
    const first = await start({ chain_opened: record }, {}, since);
    await happens({ type: "chain_opened" });
    await untilRan(1);
    first.hooks.abandon();
    await happens({ type: "chain_opened" }, elected("heir"), { type: "chain_opened" });
    const heir = InstanceId.parse("heir");
    const second = await start(
      { chain_opened: record },
      { member: { id: heir, name: "Heir", role: "leader" } },
      takenUpAfter(await team.journal.read(), heir),
    );
    await untilRan(3);
    const opened = (await team.journal.read()).filter(({ type }) => type === "chain_opened");
    const lines = (path: string) => readFileSync(path, "utf8").trimEnd().split("\n");
    const ids = (events: JournalEvent[]) => events.map(({ id }) => id);
    expect(lines(first.at("ran"))).toEqual(ids(opened.slice(0, 1)));
    expect(lines(second.at("ran"))).toEqual(ids(opened.slice(1)));
  });

  test("a Leader whose term is over begins nothing more", async () => {
    const { hooks, at, lines } = await start(
      { chain_opened: ["sh", "-c", "echo >> ran"], chain_failed: ["true"] },
      { mayRun: () => Promise.reject(new Error("over")) },
    );
    await happens({ type: "chain_opened" }, { type: "leader_elected", by: "other" });
    await happens({ type: "chain_failed" });
    await hooks.finish(2000, NEVER);
    expect([existsSync(at("ran")), await ran(), lines]).toEqual([false, [], []]);
  });

  test.each<NewEvent>([{ type: "leader_left", by: "boss" }, {
    type: "leader_elected",
    by: "heir",
  }])(
    "what comes after %j is for whoever leads next",
    async (end) => {
      const { hooks, at } = await start({
        chain_opened: ["sh", "-c", "echo >> opened"],
        chain_failed: ["sh", "-c", "echo >> failed"],
      });
      await happens({ type: "chain_opened" }, end, { type: "chain_failed" });
      await hooks.finish(5000, NEVER);
      expect([existsSync(at("opened")), existsSync(at("failed"))]).toEqual([true, false]);
    },
  );

  test("who leaves also runs those of events that it had not heard of", async () => {
    const { hooks, at } = await start({ chain_completed: ["sh", "-c", "echo >> completed"] }, {
      journal: {
        read: (query) => team.journal.read(query),
        follow: () => team.journal.follow(AbortSignal.abort()),
      },
    });
    await happens({ type: "chain_completed" });
    await hooks.finish(5000, NEVER);
    expect(existsSync(at("completed"))).toBe(true);
  });

  test("a Worker runs those of its own steps and of what it is sent, not those of others", async () => {
    const record = [
      "sh",
      "-c",
      'echo "$CLAUDE_ORCHESTRATOR_EVENT $CLAUDE_ORCHESTRATOR_TASK_ID" >> ran',
    ];
    const { hooks, at } = await start(
      { task_claimed: record, message_received: record, chain_opened: record },
      { place: "worker" },
    );
    await team.members.register({ id: SELF, name: "Boss", role: "builder" });
    const other = { id: InstanceId.parse("other"), name: "Other", role: "builder" };
    await team.members.register(other);
    for (const title of ["one", "two"]) await team.tasks.push({ title }, other);
    await team.tasks.claim({ id: SELF, name: "Boss", role: "builder" });
    await team.tasks.claim(other);
    await team.inbox.send({ type: "direct", to: [SELF], from: other, content: "hello" });
    await team.inbox.send({ type: "direct", to: [other.id], from: other, content: "hello" });
    await happens({ type: "chain_opened" });
    await hooks.finish(5000, NEVER);
    const lines = readFileSync(at("ran"), "utf8").trim().split(/\s*\n/).sort();
    expect(lines).toEqual(["message_received", "task_claimed task-0000000001"]);
  });
});
