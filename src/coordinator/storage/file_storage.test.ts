import { expect, test } from "vitest";
import {
  bytesOf,
  commitEach,
  DIRECTORY,
  fewProcesses,
  restart,
  storageOn,
} from "../../../tests/support/stored_records.ts";
import type { DiskFailure } from "../../platform/disk.ts";
import { FaultyDisk } from "../../platform/simulated/faulty_disk.ts";
import { StorageError } from "../storage.ts";

const logs = (disk: FaultyDisk) => disk.files.filter((path) => path.includes("/log."));
const snapshots = (disk: FaultyDisk) => disk.files.filter((path) => path.includes("/snapshot."));

test("an empty directory has kept nothing", async () => {
  const kept = await restart(new FaultyDisk());
  expect(kept).toMatchObject({ snapshot: null, records: [], events: [] });
});

test("every group is there after a loss of power, as soon as its commit has resolved", async () => {
  const disk = new FaultyDisk();
  const { storage } = await restart(disk);
  const groups = [["a"], ["b", "", "c"], ["d".repeat(300_000)], [""]];
  for (const group of groups) {
    await storage.commit(group.map(bytesOf));
    const committed = groups.slice(0, groups.indexOf(group) + 1).flat();
    expect((await restart(disk.afterCrash("synced"))).records).toEqual(committed);
    expect((await restart(disk.afterCrash("everything"))).records).toEqual(committed);
  }
});

test("one sync serves a whole group", async () => {
  const disk = new FaultyDisk();
  const { storage } = await restart(disk);
  await commitEach(storage, ["first"]);
  const before = disk.operations.length;
  await storage.commit(Array.from({ length: 100 }, (_, index) => bytesOf(`record ${index}`)));
  expect(disk.operations.slice(before).map(({ what }) => what)).toEqual(["write", "sync"]);
});

test("a log goes on over many starts, with and without an orderly end", async () => {
  const disk = new FaultyDisk();
  const all: string[] = [];
  for (let run = 0; run < 6; run++) {
    const { storage, records } = await restart(disk);
    expect(records).toEqual(all);
    const texts = run === 3 ? [] : [`run ${run}`, `${run} again`];
    await commitEach(storage, texts);
    all.push(...texts);
    if (run % 2 === 0) await storage.close();
  }
});

test("a snapshot takes the place of the records before it, and of no others", async () => {
  const disk = new FaultyDisk();
  const { storage } = await restart(disk);
  await commitEach(storage, ["a", "b"]);
  await storage.snapshot([bytesOf("state"), bytesOf(""), bytesOf("of b")]);
  expect(storage.logBytes).toBe(0);
  await commitEach(storage, ["c"]);
  expect(storage.logBytes).toBeGreaterThan(0);
  const kept = await restart(disk.afterCrash("synced"));
  expect(kept).toMatchObject({ snapshot: ["state", "", "of b"], records: ["c"], events: [] });
  expect(kept.storage.logBytes).toBe(storage.logBytes);
});

test("commits go on while a snapshot is being written", async () => {
  const disk = new FaultyDisk();
  const { storage } = await restart(disk);
  await commitEach(storage, ["before"]);
  const chunks = function* () {
    for (let index = 0; index < 20; index++) yield new Uint8Array(100_000).fill(index);
  };
  const snapshot = storage.snapshot(chunks());
  await commitEach(storage, ["meanwhile"]);
  const beforeItsEnd = await restart(disk.afterCrash("synced"));
  expect(beforeItsEnd.records).toEqual(["before", "meanwhile"]);
  await snapshot;
  const kept = await restart(disk.afterCrash("synced"));
  expect(kept.snapshot?.length).toBe(20);
  expect(kept.records).toEqual(["meanwhile"]);
});

test("the last two snapshots are kept, with the log since the older one", async () => {
  const disk = new FaultyDisk();
  const { storage } = await restart(disk);
  for (const text of ["a", "b", "c", "d"]) {
    await commitEach(storage, [text]);
    await storage.snapshot([bytesOf(`state of ${text}`)]);
  }
  await commitEach(storage, ["e"]);
  expect(snapshots(disk)).toHaveLength(2);
  expect(logs(disk)).toHaveLength(2);
  await restart(disk);
  const newest = snapshots(disk).at(-1) ?? "";
  disk.put(newest, disk.bytesOf(newest).slice(0, -1));
  const kept = await restart(disk);
  expect(kept).toMatchObject({ snapshot: ["state of c"], records: ["d", "e"] });
  expect(kept.events).toMatchObject([{ type: "snapshot_passed_over", file: newest }]);
  await kept.storage.snapshot([bytesOf("state of e")]);
  expect(await restart(disk)).toMatchObject({ snapshot: ["state of e"], records: [], events: [] });
});

test("a snapshot that a crash cut short is as if it had never begun", async () => {
  const disk = new FaultyDisk();
  const { storage } = await restart(disk);
  await commitEach(storage, ["a"]);
  const chunks = function* () {
    yield bytesOf("state");
    yield new Uint8Array(10_000_000);
  };
  const moments: FaultyDisk[] = [];
  disk.fault = () => {
    moments.push(disk.afterCrash("everything"));
    return undefined;
  };
  await storage.snapshot(chunks());
  expect(moments.length).toBeGreaterThan(5);
  for (const moment of moments) {
    const kept = await restart(moment);
    expect(kept.snapshot === null ? kept.records : kept.snapshot.slice(0, 1))
      .toEqual(kept.snapshot === null ? ["a"] : ["state"]);
    expect(moment.files.some((path) => path.endsWith(".new"))).toBe(false);
  }
});

test("a snapshot for which there is no room is refused, and the log goes on", async () => {
  const disk = new FaultyDisk();
  const { storage } = await restart(disk);
  await commitEach(storage, ["a"]);
  disk.room = 1_000_000;
  let ended = false;
  const chunks = function* () {
    try {
      for (;;) yield new Uint8Array(100_000);
    } finally {
      ended = true;
    }
  };
  await expect(storage.snapshot(chunks())).rejects.toMatchObject({ kind: "refused" });
  expect(ended).toBe(true);
  await commitEach(storage, ["b"]);
  expect(await restart(disk)).toMatchObject({ snapshot: null, records: ["a", "b"], events: [] });
});

/** Commits, with one failure at one operation, until it is through; what was refused on the way. */
async function commitThrough(disk: FaultyDisk, failure: DiskFailure, at: number, written: number) {
  const { storage } = await restart(disk);
  const committed: string[] = [];
  const refused: string[] = [];
  const start = disk.operations.length;
  disk.fault = () => disk.operations.length - start === at ? { failure, written } : undefined;
  for (let index = 0; index < 4; index++) {
    const text = `record ${index} ${"x".repeat(index * 100_000)}`;
    try {
      await storage.commit([bytesOf(text), bytesOf("and another")]);
      committed.push(text, "and another");
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      refused.push(error.kind);
      if (error.kind === "broken") break;
    }
  }
  return { committed, refused, operations: disk.operations.length - start };
}

test.each<DiskFailure>(["full", "io"])(
  "where any one operation fails (%s), nothing that was refused is kept, and nothing committed is lost",
  async (failure) => {
    const { operations } = await commitThrough(new FaultyDisk(), failure, 0, 0);
    expect(operations).toBeGreaterThan(10);
    const kinds = new Set<string>();
    for (let at = 1; at <= operations; at++) {
      for (const written of [0, 1, 20, 100_000]) {
        const disk = new FaultyDisk();
        const { committed, refused } = await commitThrough(disk, failure, at, written);
        refused.forEach((kind) => kinds.add(kind));
        const after = ["synced", "everything"] as const;
        for (const survival of after) {
          const { records, events } = await restart(disk.afterCrash(survival));
          if (refused.includes("broken")) {
            // A failed sync: the group may be there, whole, or not.
            expect(records.slice(0, committed.length)).toEqual(committed);
            expect([0, 2]).toContain(records.length - committed.length);
          } else {
            expect(records).toEqual(committed);
            expect(events).toEqual([]);
          }
        }
      }
    }
    expect([...kinds].sort()).toEqual(failure === "full" ? ["refused"] : ["broken", "refused"]);
  },
);

test("while the disk is full, at whatever byte, writes are refused, and go on when there is room", async () => {
  for (let room = 0; room < 400; room += 7) {
    const disk = new FaultyDisk();
    const { storage } = await restart(disk);
    await commitEach(storage, ["before"]);
    await storage.snapshot([bytesOf("state")]);
    const used = disk.files.reduce((sum, path) => sum + disk.bytesOf(path).length, 0);
    disk.room = used + room;
    const committed: string[] = [];
    let refused = 0;
    for (const text of ["one", "two".repeat(20), "three", "four".repeat(200)]) {
      await storage.commit([bytesOf(text)]).then(
        () => committed.push(text),
        (error) => {
          refused++;
          expect(error).toMatchObject({ kind: "refused", message: expect.stringMatching(/full/) });
        },
      );
    }
    expect(refused).toBeGreaterThan(0);
    disk.room = Infinity;
    await commitEach(storage, ["after"]);
    expect((await restart(disk.afterCrash("synced"))).records).toEqual([...committed, "after"]);
  }
});

test("a group that can be neither written nor cut off breaks the storage for good", async () => {
  const disk = new FaultyDisk();
  const { storage } = await restart(disk);
  await commitEach(storage, ["a"]);
  disk.fault = ({ what }) =>
    what === "write" || what === "truncate" ? { failure: "io" } : undefined;
  await expect(commitEach(storage, ["b"])).rejects.toMatchObject({ kind: "broken" });
  disk.fault = () => undefined;
  await expect(commitEach(storage, ["c"])).rejects.toMatchObject({ kind: "broken" });
  await storage.close();
  expect((await restart(disk)).records).toEqual(["a"]);
});

test("a second server is refused while the first is there, and not after its end or its death", async () => {
  const disk = new FaultyDisk();
  const alive = [10, 11, 12];
  const first = storageOn(disk, fewProcesses(10, alive)).storage;
  await first.recover();
  await commitEach(first, ["a"]);
  const second = storageOn(disk, fewProcesses(11, alive)).storage;
  await expect(second.recover()).rejects.toMatchObject({ name: "DirectoryInUseError", pid: 10 });
  await first.close();
  await second.recover();
  alive.splice(0, 2);
  const third = storageOn(disk, fewProcesses(12, alive)).storage;
  const { records } = await third.recover();
  expect([...records]).toHaveLength(1);
  expect(disk.files.filter((path) => path.includes("/lock."))).toHaveLength(1);
});

test("of many that start at once exactly one gets the directory", async () => {
  const disk = new FaultyDisk();
  const pids = [21, 22, 23, 24, 25];
  const results = await Promise.allSettled(
    pids.map((pid) => storageOn(disk, fewProcesses(pid, pids)).storage.recover()),
  );
  expect(results.filter(({ status }) => status === "fulfilled").length).toBeLessThanOrEqual(1);
});

test("a directory that belongs to somebody else is refused", async () => {
  const disk = new FaultyDisk();
  await disk.makeDirectory(DIRECTORY);
  disk.owner = 0;
  await expect(restart(disk)).rejects.toMatchObject({
    name: "ForeignDirectoryError",
    message: expect.stringContaining("belongs to user 0"),
  });
  expect(disk.files).toEqual([]);
});
