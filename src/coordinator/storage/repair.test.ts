import { expect, test } from "vitest";
import {
  bytesOf,
  commitEach,
  DIRECTORY,
  fewProcesses,
  restart,
} from "../../../tests/support/stored_records.ts";
import { FaultyDisk } from "../../platform/simulated/faulty_disk.ts";
import { repair } from "./repair.ts";

const repaired = (disk: FaultyDisk) =>
  repair(
    {
      disk,
      processes: fewProcesses(7, [7]),
      id: () => "repair",
      random: () => 0,
      sleep: () => Promise.resolve(),
    },
    DIRECTORY,
    "today",
  );

/** Three runs of two groups each. */
async function threeRuns(): Promise<FaultyDisk> {
  const disk = new FaultyDisk();
  for (const text of ["one", "two", "three"]) {
    const { storage } = await restart(disk);
    await commitEach(storage, [text, `${text} again`]);
    await storage.close();
  }
  return disk;
}

const SECOND = `${DIRECTORY}/log.0000000000000003`;

test("a log that is whole is left as it is", async () => {
  const disk = await threeRuns();
  const files = disk.files;
  expect(await repaired(disk)).toEqual({ damage: null, copies: null, bytesLost: 0 });
  expect(disk.files).toEqual(files);
});

test("wherever a byte was changed, a repair keeps what comes before it, and copies of everything", async () => {
  const original = await threeRuns();
  const all = (await restart(original)).records;
  const bytes = original.bytesOf(SECOND);
  for (let offset = 0; offset < bytes.length - 16; offset++) {
    const disk = original.afterCrash("everything");
    const damaged = bytes.slice();
    damaged[offset] = (damaged[offset] ?? 0) ^ 0x20;
    disk.put(SECOND, damaged);
    const { damage, copies, bytesLost } = await repaired(disk);
    expect(damage).toMatchObject({ file: SECOND });
    expect(bytesLost).toBeGreaterThan(0);
    expect(disk.bytesOf(SECOND.replace(DIRECTORY, copies ?? ""))).toEqual(damaged);
    const { records, events, storage } = await restart(disk);
    expect(events).toEqual([]);
    expect([2, 3]).toContain(records.length);
    expect(records).toEqual(all.slice(0, records.length));
    await commitEach(storage, ["after"]);
    expect((await restart(disk)).records).toEqual([...records, "after"]);
  }
});

test("a missing file ends the log where it would begin", async () => {
  const disk = await threeRuns();
  await disk.remove(SECOND);
  expect((await repaired(disk)).damage).toMatchObject({
    message: expect.stringMatching(/missing/),
  });
  expect((await restart(disk)).records).toEqual(["one", "one again"]);
});

test("without any snapshot that can be read, nothing is repaired and nothing is changed", async () => {
  const disk = new FaultyDisk();
  const { storage } = await restart(disk);
  for (const text of ["a", "b", "c"]) {
    await commitEach(storage, [text]);
    await storage.snapshot([bytesOf(`state of ${text}`)]);
  }
  const snapshots = disk.files.filter((path) => path.includes("/snapshot."));
  for (const path of snapshots) disk.put(path, disk.bytesOf(path).slice(0, 30));
  const files = disk.files.filter((path) => !path.includes("/lock."));
  await expect(repaired(disk)).rejects.toMatchObject({ name: "DamagedStorageError" });
  await expect(restart(disk)).rejects.toMatchObject({ name: "DamagedStorageError" });
  expect(disk.files.filter((path) => !path.includes("/lock."))).toEqual(files);
});
