import { expect, test } from "vitest";
import {
  bytesOf,
  commitEach,
  DIRECTORY,
  type Kept,
  restart,
} from "../../../tests/support/stored_records.ts";
import { FaultyDisk } from "../../platform/simulated/faulty_disk.ts";
import { SeededRandom } from "../../platform/simulated/seeded_random.ts";
import { crc32c } from "./crc32c.ts";
import { DamagedStorageError } from "./directory_problem.ts";
import { encodeFileHeader } from "./file_header.ts";

const TEXTS = ["alpha", "", "gamma ".repeat(20), "delta"];
const FIRST_LOG = `${DIRECTORY}/log.0000000000000001`;

/** A disk as a killed server leaves it, with each text as a group; spare room cut away. */
async function killedWith(texts: readonly string[]): Promise<FaultyDisk> {
  const disk = new FaultyDisk();
  const { storage } = await restart(disk);
  await commitEach(storage, texts);
  const bytes = disk.bytesOf(FIRST_LOG);
  disk.put(FIRST_LOG, bytes.slice(0, bytes.findLastIndex((byte) => byte !== 0) + 1));
  return disk;
}

/** A copy of a disk with one file changed. */
function changed(
  disk: FaultyDisk,
  path: string,
  change: (bytes: Uint8Array) => Uint8Array,
): FaultyDisk {
  const copy = disk.afterCrash("everything");
  copy.put(path, change(disk.bytesOf(path)));
  return copy;
}

/** What a start makes of a disk: what it has kept, or the damage that it refuses for. */
function startOn(disk: FaultyDisk): Promise<Kept | DamagedStorageError> {
  return restart(disk).catch((error) => {
    if (error instanceof DamagedStorageError) return error;
    throw error;
  });
}

test("a log cut at any byte keeps every group that is whole, and says what it cut off", async () => {
  const disk = await killedWith(TEXTS);
  const whole = disk.bytesOf(FIRST_LOG);
  const counts = new Map<number, number>();
  for (let length = 0; length <= whole.length; length++) {
    const cut = changed(disk, FIRST_LOG, (bytes) => bytes.slice(0, length));
    const { records, events, storage } = await restart(cut);
    expect(records).toEqual(TEXTS.slice(0, records.length));
    counts.set(records.length, (counts.get(records.length) ?? 0) + 1);
    const left = cut.files.includes(FIRST_LOG) ? cut.bytesOf(FIRST_LOG).length : 0;
    expect(events).toEqual(
      left === length && length > 0
        ? []
        : [{ type: "tail_cut", file: FIRST_LOG, offset: left, bytes: length - left }],
    );
    await commitEach(storage, ["after"]);
    expect((await restart(cut.afterCrash("synced"))).records).toEqual([...records, "after"]);
  }
  expect([...counts.keys()]).toEqual([0, 1, 2, 3, 4]);
  expect(counts.get(TEXTS.length)).toBe(1);
});

test("a log cut at any byte is the same with room made in advance after it", async () => {
  const disk = await killedWith(TEXTS);
  const whole = disk.bytesOf(FIRST_LOG);
  for (let length = 24; length <= whole.length; length++) {
    const cut = changed(disk, FIRST_LOG, (bytes) => {
      const roomy = new Uint8Array(bytes.length + 1000);
      roomy.set(bytes.slice(0, length));
      return roomy;
    });
    const { records } = await restart(cut);
    expect(records).toEqual(TEXTS.slice(0, records.length));
  }
});

test("a byte changed anywhere before the last group is found, with its file and its place", async () => {
  const disk = await killedWith(TEXTS);
  const whole = disk.bytesOf(FIRST_LOG);
  const lastGroup = whole.length - (16 + 4 + "delta".length);
  for (let offset = 0; offset < whole.length; offset++) {
    for (const mask of [0x01, 0x80, 0xff]) {
      const outcome = await startOn(changed(disk, FIRST_LOG, (bytes) => {
        bytes[offset] = (bytes[offset] ?? 0) ^ mask;
        return bytes;
      }));
      if (offset < lastGroup) {
        if (!(outcome instanceof DamagedStorageError)) throw new Error(`Not found: byte ${offset}`);
        expect(outcome.file).toBe(FIRST_LOG);
        expect(outcome.offset).toBeLessThanOrEqual(offset);
      } else {
        // It might be a write that never came to its end, so it counts as one, and is told.
        expect(outcome).toMatchObject({
          records: TEXTS.slice(0, -1),
          events: [{ type: "tail_cut" }],
        });
      }
    }
  }
});

test("after an orderly end, a byte changed in the last group is found too", async () => {
  const disk = new FaultyDisk();
  const { storage } = await restart(disk);
  await commitEach(storage, TEXTS);
  await storage.close();
  const mark = disk.bytesOf(FIRST_LOG).length - 16;
  for (let offset = 0; offset < mark + 16; offset++) {
    const outcome = await startOn(changed(disk, FIRST_LOG, (bytes) => {
      bytes[offset] = (bytes[offset] ?? 0) ^ 0x10;
      return bytes;
    }));
    if (offset < mark) expect(outcome).toBeInstanceOf(DamagedStorageError);
    else expect(outcome).toMatchObject({ records: TEXTS });
  }
});

/** A disk with three files of a log and no snapshot, as three runs have left it. */
async function afterThreeRuns(): Promise<FaultyDisk> {
  const disk = new FaultyDisk();
  for (const text of ["one", "two", "three"]) {
    const { storage } = await restart(disk);
    await commitEach(storage, [text, `${text} again`]);
  }
  return disk;
}

test("a file of the log that is missing, cut or exchanged is found, unless it is the newest", async () => {
  const disk = await afterThreeRuns();
  const [first = "", second = "", third = ""] = disk.files.filter((path) => path.includes("/log."));
  for (const path of [first, second]) {
    const without = disk.afterCrash("everything");
    await without.remove(path);
    expect(await startOn(without)).toMatchObject({
      name: "DamagedStorageError",
      message: expect.stringContaining("missing"),
    });
    for (const length of [0, 10, 24, 30, 50]) {
      const cut = changed(disk, path, (bytes) => bytes.slice(0, length));
      expect(await startOn(cut)).toBeInstanceOf(DamagedStorageError);
    }
    const exchanged = changed(disk, path, () => disk.bytesOf(third));
    expect(await startOn(exchanged)).toMatchObject({
      file: path,
      message: expect.stringContaining("belongs under another name"),
    });
  }
});

test("a log of a later format is refused, and not taken for damage that can be repaired", async () => {
  const disk = await killedWith(TEXTS);
  const later = changed(disk, FIRST_LOG, (bytes) => {
    const header = encodeFileHeader("log", 1);
    const view = new DataView(header.buffer);
    view.setUint32(8, 2);
    view.setUint32(20, crc32c(header.subarray(0, 20)));
    bytes.set(header);
    return bytes;
  });
  expect(await startOn(later)).toMatchObject({
    message: expect.stringMatching(/format is 2/),
    isRepairable: false,
  });
});

test("a byte changed anywhere in the newest snapshot is made up for by the one before it", async () => {
  const disk = new FaultyDisk();
  const { storage } = await restart(disk);
  await commitEach(storage, ["a"]);
  await storage.snapshot([bytesOf("state of a")]);
  await commitEach(storage, ["b"]);
  await storage.snapshot([bytesOf("state"), bytesOf("of b")]);
  await commitEach(storage, ["c"]);
  const newest = `${DIRECTORY}/snapshot.0000000000000002`;
  for (let offset = 0; offset < disk.bytesOf(newest).length; offset++) {
    const damaged = changed(disk, newest, (bytes) => {
      bytes[offset] = (bytes[offset] ?? 0) ^ 0x04;
      return bytes;
    });
    expect(await restart(damaged)).toMatchObject({
      snapshot: ["state of a"],
      records: ["b", "c"],
      events: [{ type: "snapshot_passed_over", file: newest }],
    });
  }
});

test("what a loss of power leaves is always a state that was, with all that was acknowledged", async () => {
  const seed = 20_261_123;
  const random = new SeededRandom(seed);
  for (let round = 0; round < 300; round++) {
    let disk = new FaultyDisk();
    const acknowledged: string[] = [];
    const begun: string[] = [];
    for (let run = 0; run < 3; run++) {
      const { storage, records, snapshot } = await restart(disk);
      const all = [...(snapshot ?? []), ...records];
      expect(all.length, `seed ${seed}, round ${round}`).toBeGreaterThanOrEqual(
        acknowledged.length,
      );
      expect(all, `seed ${seed}, round ${round}`).toEqual(begun.slice(0, all.length));
      acknowledged.splice(0, Infinity, ...all);
      begun.splice(0, Infinity, ...all);
      const steps = Math.floor(random.next() * 8);
      let crashed: FaultyDisk | undefined;
      const crashAt = disk.operations.length + Math.floor(random.next() * 25);
      const before = disk;
      before.fault = () => {
        if (before.operations.length >= crashAt) {
          crashed ??= before.afterCrash({ random: () => random.next() });
        }
        return undefined;
      };
      for (let step = 0; step < steps && crashed === undefined; step++) {
        const text = `${run}.${step} ${"x".repeat(random.next() * 50)}`;
        begun.push(text);
        await commitEach(storage, [text]);
        if (crashed !== undefined) break;
        acknowledged.push(text);
        if (random.next() < 0.3) await storage.snapshot([...acknowledged].map(bytesOf));
      }
      disk = crashed ?? before.afterCrash({ random: () => random.next() });
    }
  }
});
