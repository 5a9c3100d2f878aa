import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Team } from "../../src/coordination/team.ts";
import { exportTree } from "../../src/coordination/transfer/export_tree.ts";
import { type ImportOptions, importTree } from "../../src/coordination/transfer/import_tree.ts";
import { readExport } from "../../src/coordination/transfer/read_export.ts";
import { digestId } from "../../src/zookeeper/digest.ts";
import type { ConnectOptions, ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import { claimer, connectTo, holderOf, PERSON } from "../support/task_team.ts";
import { profile, teamOn } from "../support/team_on.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const tom = claimer("tom", "builder");
const OPEN: ImportOptions["openAcl"] = [{ permissions: 31, scheme: "world", id: "anyone" }];
const isAlive = () => true;
const now = () => "2026-01-01T00:00:00.000Z";

async function exported(zk: ZooKeeper, root: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of exportTree(zk, root, now)) lines.push(JSON.stringify(line));
  return lines;
}

async function imported(
  zk: ZooKeeper,
  root: string,
  lines: readonly string[],
  options: Partial<ImportOptions> = {},
) {
  const each = (async function* () {
    yield* lines;
  })();
  const settings = { root, openAcl: OPEN, takeOver: false, overwrite: false, ...options };
  return await importTree(zk, await readExport(each), settings);
}

/** What nobody can tell one tree from another by: all but the times. */
const timeless = (lines: readonly string[]) =>
  lines.map((line) => JSON.parse(line)).filter(({ type }) => type === "node")
    .map(({ time: _time, ...node }) => node);

/** A team with work in every state, and messages that nobody has read. */
async function busyTeam(team: Team) {
  await team.members.register(profile("tom"));
  const pushed = await team.tasks.pushMany(
    [1, 2, 3, 4, 5, 6, 7].map((n) => ({ title: `task ${n}`, description: "ä\u0000\u2028" })),
    PERSON,
  );
  const claimed = [];
  for (let index = 0; index < 5; index++) claimed.push(await team.tasks.claim(tom));
  const [done, blocked, failed, twice, held] = claimed;
  if (!done || !blocked || !failed || !twice || !held) throw new Error("Nothing to claim");
  await team.tasks.complete(done.id, holderOf(tom, done), { result: "done" });
  await team.tasks.block(blocked.id, holderOf(tom, blocked), "waits on somebody");
  await team.tasks.fail(failed.id, holderOf(tom, failed), "no");
  await team.tasks.release(twice.id, holderOf(tom, twice), "later");
  await team.tasks.start(held.id, holderOf(tom, held));
  await team.tasks.push({ title: "waits", depends_on: [held.id] }, PERSON);
  const send = (content: string) =>
    team.inbox.send({ type: "direct", to: [tom.id], from: { id: tom.id, name: "Tom" }, content });
  await send("first");
  await send("second");
  await team.context.set("key", "value", PERSON);
  await team.context.set("key", "another", PERSON);
  return { pushed, held, twice };
}

describeWithZooKeeper("a team's tree that is carried to another server", (server) => {
  let zk: ZooKeeper;
  const opened: ZooKeeper[] = [];
  const open = async (options: Partial<ConnectOptions> = {}) => {
    const client = await connectTo(server.hosts, options);
    opened.push(client);
    return client;
  };
  beforeAll(async () => void (zk = await open()));
  afterAll(() => Promise.all(opened.map((client) => client.close())));

  test("is the same there and back, versions and counters included", async () => {
    const [here, there, back] = [
      await server.freshRoot(),
      await server.freshRoot(),
      await server.freshRoot(),
    ];
    await busyTeam(teamOn(zk, here));
    const first = await exported(zk, here);
    const { nodes } = await imported(zk, there, first);
    expect(nodes).toBeGreaterThan(40);
    const second = await exported(zk, there);
    await imported(zk, back, second);
    const third = await exported(zk, back);
    expect(timeless(third)).toEqual(timeless(second));
    // Directories of an index are made anew, so their counters may differ.
    const asNodes = (lines: string[]) =>
      new Map(timeless(lines).map((node) => [node.path, { ...node, children_made: 0 }]));
    const [before, after] = [asNodes(first), asNodes(second)];
    for (const [path, node] of after) {
      const { data, ...rest } = node;
      const { data: was, ...others } = before.get(path) ?? {};
      expect(rest).toEqual(others);
      if (!path.startsWith("/journal/0")) expect(data).toBe(was);
    }
  });

  test("works on: what was held is completed by its token, and by no older one", async () => {
    const [here, there] = [await server.freshRoot(), await server.freshRoot()];
    const old = teamOn(zk, here);
    const { held, twice } = await busyTeam(old);
    const [tasks, messages, events] = [
      await old.tasks.list(),
      await old.inbox.poll(tom.id),
      await old.journal.read(),
    ];
    await imported(zk, there, await exported(zk, here));
    const team = teamOn(zk, there);
    expect(await team.tasks.audit()).toMatchObject({ findings: [] });
    expect(await team.tasks.list()).toEqual(tasks);
    expect(await team.inbox.poll(tom.id)).toEqual(messages);
    expect(await team.journal.read()).toEqual(events);
    expect(await team.context.get("key")).toMatchObject({ value: "another", version: 2 });

    const again = await team.tasks.claim(tom, { taskId: twice.id });
    expect(again?.claim?.token).toBeGreaterThan(twice.claim?.token ?? Infinity);
    await expect(team.tasks.complete(twice.id, holderOf(tom, twice), { result: "late" }))
      .rejects.toMatchObject({ code: "CLAIM_LOST" });
    await team.tasks.complete(held.id, holderOf(tom, held), { result: "done there" });
    const next = await team.tasks.push({ title: "new" }, PERSON);
    expect(next.id).toBe("task-0000000009");
    const sent = await team.inbox.send({
      type: "direct",
      to: [tom.id],
      from: { id: tom.id, name: "Tom" },
      content: "third",
    });
    expect(sent.id).toBe("msg-0000000003");
    for (
      let task = await team.tasks.claim(tom);
      task !== null;
      task = await team.tasks.claim(tom)
    ) {
      await team.tasks.complete(task.id, holderOf(tom, task), { result: "done" });
    }
    expect((await team.tasks.list()).tasks.map(({ status }) => status).toSorted().at(-1))
      .not.toBe("pending");
    const told = await team.journal.read();
    expect(told.slice(0, events.length)).toEqual(events);
    expect(told.map(({ id }) => id)).toEqual(told.map(({ id }) => id).toSorted());
    expect(await team.tasks.audit()).toMatchObject({ findings: [] });
  });

  test("leaves out who is attached by a session, and what they held is recovered", async () => {
    const [here, there] = [await server.freshRoot(), await server.freshRoot()];
    const jerry = claimer("jerry");
    const client = await open();
    const theirs = teamOn(client, here);
    const attachment = await theirs.members.attach(profile("jerry"), { isAlive });
    await theirs.tasks.push({ title: "in hand" }, PERSON);
    await theirs.tasks.claim(jerry);
    const lines = await exported(zk, here);
    expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({ type: "end", left_out: 1 });
    await attachment.leave();
    await imported(zk, there, lines);
    const team = teamOn(zk, there);
    await team.members.register(profile("tom"));
    expect(await team.tasks.claim(tom)).toMatchObject({ title: "in hand", retry_count: 1 });
    expect(await team.tasks.audit()).toMatchObject({ findings: [] });
  });

  test("is not exported while it changes", async () => {
    const here = await server.freshRoot();
    const team = teamOn(zk, here);
    await team.tasks.push({ title: "before" }, PERSON);
    const lines: string[] = [];
    const reading = async () => {
      for await (const line of exportTree(zk, here, now)) {
        lines.push(JSON.stringify(line));
        if (lines.length === 2) await team.tasks.push({ title: "meanwhile" }, PERSON);
      }
    };
    await expect(reading()).rejects.toMatchObject({ code: "CONTENTION" });
    await expect(imported(zk, await server.freshRoot(), lines)).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining("before its last line"),
    });
  });

  describe("is imported", () => {
    test("over another team only when that is asked for, and never over one at work", async () => {
      const [here, there] = [await server.freshRoot(), await server.freshRoot()];
      await teamOn(zk, here).tasks.push({ title: "ours" }, PERSON);
      const lines = await exported(zk, here);
      const theirs = teamOn(zk, there);
      const client = await open();
      const attachment = await teamOn(client, there).members.attach(profile("spike"), { isAlive });
      await theirs.tasks.push({ title: "theirs" }, PERSON);
      await expect(imported(zk, there, lines)).rejects.toMatchObject({ code: "TREE_EXISTS" });
      await expect(imported(zk, there, lines, { overwrite: true })).rejects.toMatchObject({
        code: "TREE_EXISTS",
        message: expect.stringContaining("at work"),
      });
      expect((await theirs.tasks.list()).tasks).toMatchObject([{ title: "theirs" }]);
      await attachment.leave();
      expect((await imported(zk, there, lines, { overwrite: true })).removed).toBeGreaterThan(5);
      expect((await teamOn(zk, there).tasks.list()).tasks).toMatchObject([{ title: "ours" }]);
    });

    test("with every node's owner, by that owner alone, or taken over", async () => {
      const [here, there] = [await server.freshRoot(), await server.freshRoot()];
      const ownAcl = [{ permissions: 31, scheme: "digest", id: await digestId("user", "secret") }];
      const owner = await open({
        auth: [{ scheme: "digest", credential: "user:secret" }],
        defaultAcl: ownAcl,
      });
      await teamOn(owner, here).tasks.push({ title: "secret" }, PERSON);
      const lines = await exported(owner, here);
      await expect(imported(zk, there, lines)).rejects.toMatchObject({ code: "NOT_ALLOWED" });
      await imported(owner, there, lines, { openAcl: ownAcl });
      await expect(teamOn(zk, there).tasks.list()).rejects.toMatchObject({ code: "NO_AUTH" });
      expect((await teamOn(owner, there).tasks.list()).tasks).toHaveLength(1);
      const open_ = await server.freshRoot();
      await imported(zk, open_, lines, { takeOver: true });
      expect((await teamOn(zk, open_).tasks.list()).tasks).toHaveLength(1);
    });

    test("with data that is no text, and a node that was written a thousand times", async () => {
      const [here, there] = [await server.freshRoot(), await server.freshRoot()];
      const bytes = Uint8Array.from({ length: 700_000 }, (_, index) => index * 31);
      await zk.create(`${here}/bytes`, bytes);
      for (let at = 0; at < 1_000; at += 250) {
        await zk.multi(Array.from({ length: 250 }, () => ({
          type: "set" as const,
          path: here,
          data: new TextEncoder().encode("\ufeffroot"),
        })));
      }
      await imported(zk, there, await exported(zk, here));
      // A comparison by expect() takes so long for that many that the session may expire.
      expect(Buffer.compare((await zk.getData(`${there}/bytes`)).data, bytes)).toBe(0);
      const root = await zk.getData(there);
      expect(root.stat.version).toBe(1_000);
      expect(new TextDecoder("utf-8", { ignoreBOM: true }).decode(root.data)).toBe("\ufeffroot");
    });

    test("so that sequential names go on where they were", async () => {
      const [here, there] = [await server.freshRoot(), await server.freshRoot()];
      const mode = "persistent_sequential";
      for (let index = 0; index < 5; index++) await zk.create(`${here}/n-`, undefined, { mode });
      for (const name of ["n-0000000001", "n-0000000004"]) await zk.delete(`${here}/${name}`);
      await imported(zk, there, await exported(zk, here));
      const { path } = await zk.create(`${there}/n-`, undefined, { mode });
      expect(path).toBe(`${there}/n-0000000005`);
    });
  });

  test.each([
    ["an empty file", [], /line 0.*ends here/],
    ["a line that is no JSON", ["x"], /line 1/],
    ["another stream", ['{"v":1,"type":"task_claimed"}'], /line 1/],
    [
      "no beginning",
      ['{"v":1,"type":"end","time":"2026-01-01T00:00:00Z","nodes":0,"left_out":0}'],
      /begin/,
    ],
  ])("%s is refused", async (_what, lines, message) => {
    await expect(imported(zk, "/nowhere/at/all", lines)).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringMatching(message),
    });
    expect(await zk.exists("/nowhere")).toBeNull();
  });

  test("an export cut or mixed up at any line is refused, and nothing is made", async () => {
    const here = await server.freshRoot();
    await teamOn(zk, here).tasks.push({ title: "one" }, PERSON);
    const lines = await exported(zk, here);
    for (let at = 0; at < lines.length; at++) {
      const without = lines.toSpliced(at, 1);
      const doubled = lines.toSpliced(at, 0, lines[at] ?? "");
      for (const wrong of [lines.slice(0, at), without, doubled]) {
        await expect(imported(zk, "/nowhere/at/all", wrong)).rejects.toMatchObject({
          code: "INVALID_INPUT",
        });
      }
    }
    expect(await zk.exists("/nowhere")).toBeNull();
  });

  test("a root that is not there cannot be exported", async () => {
    await expect(exported(zk, `${await server.freshRoot()}/none`)).rejects.toMatchObject({
      code: "TREE_NOT_FOUND",
    });
  });
});
