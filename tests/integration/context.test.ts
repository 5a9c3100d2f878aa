import { beforeEach, describe, expect, test } from "vitest";
import type { Team } from "../../src/coordination/team.ts";
import type { ZooKeeperErrorCode } from "../../src/zookeeper/errors.ts";
import { FaultyZooKeeper, type Loss } from "../support/faulty_zookeeper.ts";
import { hookedZooKeeper } from "../support/hooked_zookeeper.ts";
import { PERSON } from "../support/task_team.ts";
import { next, teamOn } from "../support/team_on.ts";
import { useClient } from "../support/live.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

describeWithZooKeeper("the shared context", (server) => {
  const zk = useClient(server);
  const other = useClient(server);
  let root: string;
  let team: Team & { corrupt: unknown[] };
  beforeEach(async () => {
    root = await server.freshRoot();
    team = teamOn(zk, root);
  });
  const set = (key: string, value: string, ifVersion?: number) =>
    team.context.set(key, value, PERSON, ifVersion === undefined ? {} : { ifVersion });

  test("keeps what was set, with its version and who set it", async () => {
    expect(await team.context.get("plan")).toBeNull();
    const first = await set("plan", "one");
    expect(first).toMatchObject({
      key: "plan",
      value: "one",
      version: 1,
      updated_by_name: "Tester",
    });
    expect((await set("plan", "two")).version).toBe(2);
    expect(await teamOn(other, root).context.get("plan")).toMatchObject({
      value: "two",
      version: 2,
    });
  });

  test("takes any text as a key", async () => {
    const keys = [".", "..", "/", "a/b", "a%2Fb", "größe 😀", "zookeeper", " ", "\n"];
    for (const key of keys) await set(key, `value of ${key}`);
    expect(await team.context.keys()).toEqual(keys.toSorted());
    for (const key of keys) expect((await team.context.get(key))?.value).toBe(`value of ${key}`);
    expect(await team.context.keys({ prefix: "a" })).toEqual(["a%2Fb", "a/b"]);
  });

  test("takes values up to 512 KiB, and refuses more before sending it", async () => {
    const most = "x".repeat(512 * 1024);
    await set("large", most);
    expect((await team.context.get("large"))?.value).toBe(most);
    await expect(set("large", `${most}x`)).rejects.toMatchObject({ code: "TOO_LARGE" });
    await expect(set("large", "\0".repeat(300_000))).rejects.toMatchObject({ code: "TOO_LARGE" });
  });

  describe("compare-and-set", () => {
    test("sets over the version that it names only", async () => {
      await expect(set("k", "a", 1)).rejects.toMatchObject({
        code: "VERSION_MISMATCH",
        details: { expected: 1, actual: 0 },
      });
      expect((await set("k", "a", 0)).version).toBe(1);
      await expect(set("k", "b", 0)).rejects.toMatchObject({ details: { actual: 1 } });
      expect((await set("k", "b", 1)).version).toBe(2);
      expect((await team.context.get("k"))?.value).toBe("b");
    });

    test("never takes a value that was made anew for the one that was deleted", async () => {
      await set("k", "old");
      await team.context.delete("k", PERSON);
      const anew = await set("k", "new", 0);
      expect(anew.version).toBe(2);
      await expect(set("k", "lost update", 1)).rejects.toMatchObject({ code: "VERSION_MISMATCH" });
    });

    test("lets each of many writers count once", async () => {
      await set("sum", "0");
      const teams = [team, teamOn(other, root)];
      const add = async (one: Team) => {
        for (;;) {
          const entry = await one.context.get("sum");
          if (entry === null) throw new Error("It is gone");
          try {
            const value = String(Number(entry.value) + 1);
            return await one.context.set("sum", value, PERSON, { ifVersion: entry.version });
          } catch (error) {
            expect(error).toMatchObject({ code: "VERSION_MISMATCH" });
          }
        }
      };
      await Promise.all(Array.from({ length: 20 }, (_, index) => add(teams[index % 2] ?? team)));
      expect(await team.context.get("sum")).toMatchObject({ value: "20", version: 21 });
    });
  });

  test("deletes, and says what there was", async () => {
    await set("k", "a");
    await expect(team.context.delete("k", PERSON, { ifVersion: 7 })).rejects.toMatchObject({
      code: "VERSION_MISMATCH",
    });
    expect(await team.context.delete("k", PERSON)).toMatchObject({ value: "a", version: 1 });
    expect(await team.context.delete("k", PERSON)).toBeNull();
    expect(await team.context.get("k")).toBeNull();
  });

  test("tells a watcher each change after the version that it knows", async () => {
    const entry = await set("k", "a");
    await set("k", "b");
    const stop = new AbortController();
    const watch = team.context.watch("k", stop.signal, { since: entry.version });
    expect(await next(watch)).toMatchObject({ value: "b" });
    const theirs = teamOn(other, root).context;
    const deleted = next(watch);
    await theirs.delete("k", PERSON);
    expect(await deleted).toBeNull();
    const again = next(watch);
    await theirs.set("k", "c", PERSON);
    expect(await again).toMatchObject({ value: "c", version: 3 });
    const end = watch.next();
    stop.abort();
    expect(await end).toEqual({ done: true, value: undefined });
  });

  test("reports what does not parse, and leaves it as it is", async () => {
    await set("good", "a");
    const bad = `${root}/context/bad`;
    await zk.create(bad, new TextEncoder().encode("{"));
    await zk.create(`${root}/context/%zz`, new TextEncoder().encode("{}"));
    const steps = [
      () => team.context.get("bad"),
      () => set("bad", "x"),
      () => team.context.delete("bad", PERSON),
    ];
    for (const step of steps) {
      await expect(step()).rejects.toMatchObject({ code: "CORRUPT_DATA", details: { path: bad } });
    }
    expect(await team.context.keys()).toEqual(["bad", "good"]);
    expect(team.corrupt).toMatchObject([{ path: `${root}/context/%zz` }]);
    expect(new TextDecoder().decode((await zk.getData(bad)).data)).toBe("{");
  });

  test.each<[Loss, ZooKeeperErrorCode]>([
    ["before", "CONNECTION_LOSS"],
    ["after", "CONNECTION_LOSS"],
    ["late", "CONNECTION_LOSS"],
    ["before", "SESSION_EXPIRED"],
    ["after", "SESSION_EXPIRED"],
  ])(
    "changes once whichever reply is lost (%s, %s)",
    async (how, code) => {
      for (let at = 1;; at++) {
        const path = await server.freshRoot();
        const witness = teamOn(other, path);
        const faulty = new FaultyZooKeeper(zk, { loseWrite: { at, how, code } });
        const { context } = teamOn(faulty.zk, path);
        expect((await context.set("k", "a", PERSON)).version).toBe(1);
        expect((await context.set("k", "b", PERSON, { ifVersion: 1 })).version).toBe(2);
        expect(await context.delete("k", PERSON)).toMatchObject({ value: "b" });
        expect((await context.set("k", "c", PERSON, { ifVersion: 0 })).version).toBe(3);
        await faulty.settle();
        expect(await witness.context.get("k")).toMatchObject({ value: "c", version: 3 });
        const told = (await witness.journal.read()).map(({ type, data }) =>
          `${type} ${data?.["version"]}`
        );
        expect(told).toEqual([
          "context_set 1",
          "context_set 2",
          "context_deleted 2",
          "context_set 3",
        ]);
        if (faulty.writes < at) break;
      }
    },
  );

  test("knows its own change though it was changed and deleted again before the answer", async () => {
    await set("k", "a");
    const theirs = teamOn(other, root).context;
    const hooked = hookedZooKeeper(zk, "sync", async () => {
      if ((await theirs.get("k"))?.value !== "b") return;
      await theirs.set("k", "theirs", PERSON);
      await theirs.delete("k", PERSON);
    });
    const faulty = new FaultyZooKeeper(hooked, { loseWrite: { at: 1, how: "after" } });
    const entry = await teamOn(faulty.zk, root).context.set("k", "b", PERSON);
    expect(entry).toMatchObject({ value: "b", version: 2 });
    expect(await theirs.get("k")).toBeNull();
  });
});
