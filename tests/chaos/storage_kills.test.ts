import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { StorageEvent } from "../../src/coordinator/storage/storage_event.ts";
import { SeededRandom } from "../../src/platform/simulated/seeded_random.ts";
import { bundleProgram } from "../support/bundled_program.ts";
import { wholeGroups } from "../support/numbered_groups.ts";
import { realStorage } from "../support/real_storage.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

const ROUNDS = 50;
const SEED = 811_2026;

/** ms after its first commit at which a process is killed, at most. */
const MAX_LIFE_MS = 60;

/** Runs the program until it is killed; the last group that it said is on disk. */
async function killedAfter(program: string, directory: string, ms: number): Promise<number> {
  const child = spawn(process.execPath, [program, directory], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => void (said += text));
  child.stderr.on("data", (text) => void (errors += String(text)));
  const ended = once(child, "close");
  const began = await Promise.race([once(child.stdout, "data"), ended.then(() => null)]);
  if (began === null) throw new Error(`Ended by itself: ${errors}`);
  await new Promise((resolve) => setTimeout(resolve, ms));
  child.kill("SIGKILL");
  await ended;
  // The last line may have been cut by the kill.
  return Number(said.slice(0, said.lastIndexOf("\n")).split("\n").at(-1) ?? 0);
}

test(`${ROUNDS} kills under load lose no group that was acknowledged, and leave none in part`, {
  timeout: 120_000,
}, async () => {
  const random = new SeededRandom(SEED);
  const place = temporaryDirectory();
  const [program, directory] = [join(place, "storage.mjs"), join(place, "data")];
  await bundleProgram("../chaos/storage_process.ts", program);
  const events: StorageEvent[] = [];
  let groups = 0;
  let snapshots = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const acknowledged = await killedAfter(program, directory, random.next() * MAX_LIFE_MS);
    const storage = realStorage(directory, (event) => void events.push(event));
    const { snapshot, records } = await storage.recover();
    const { covered, last } = wholeGroups(snapshot, records);
    await storage.close();
    expect(last, `seed ${SEED}, round ${round}`).toBeGreaterThanOrEqual(acknowledged);
    // One group may be on disk whose commit had no time to be told.
    expect(last, `seed ${SEED}, round ${round}`).toBeLessThanOrEqual(acknowledged + 1);
    groups = last;
    snapshots += covered > 0 ? 1 : 0;
  }
  console.log(
    `${ROUNDS} kills: ${groups} groups, ${snapshots} starts from a snapshot, ` +
      `${events.length} tails cut; seed ${SEED}`,
  );
  expect(snapshots).toBeGreaterThan(0);
});
