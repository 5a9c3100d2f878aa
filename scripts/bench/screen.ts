/**
 * The Leader's screen with 200 members and 10,000 tasks on a ZooKeeper of its own: time from the start of
 * the process to the first whole screen, from a change's commit to its picture, processor time while nothing
 * happens, and memory. Fails where one is over its goal. Run: node scripts/bench/screen.ts (Node 24);
 * needs util-linux's `script` for a terminal, and Linux for what it says of processes.
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import { bundleProgram } from "../../tests/support/bundled_program.ts";
import { claimer, connectTo, join, PERSON, taskTeam } from "../../tests/support/task_team.ts";
import { startZooKeeper } from "../../tests/support/zookeeper_server.ts";
import { TerminalProgram } from "./terminal_program.ts";

const MEMBERS = 200;
const TASKS = 10_000;
/** Members that have a task in hand: their ages tick. */
const BUSY = 100;
const SIZES = [{ columns: 80, rows: 24 }, { columns: 200, rows: 60 }];
const CHANGES = 60;
const IDLE_MS = 15_000;
const GOALS = { firstMs: 1_000, changeMs: 250, idlePercent: 3, rssMb: 150 };

const directory = mkdtempSync(joinPath(tmpdir(), "screen-bench-"));
const program = joinPath(directory, "screen.mjs");
await bundleProgram("screen_program.ts", program);
const server = await startZooKeeper({ heapMb: 1_024 });
const zk = await connectTo(server.hosts);
try {
  const root = await server.freshRoot();
  const team = await fill(zk, root);
  for (const size of SIZES) await measure(team, root, size);
} finally {
  await zk.close();
  await server.stop();
  rmSync(directory, { recursive: true });
}

type Filled = ReturnType<typeof taskTeam>;

async function fill(zk: ZooKeeper, root: string): Promise<Filled> {
  const team = taskTeam(zk, root);
  const members = Array.from({ length: MEMBERS }, (_, at) => claimer(`member-${at}`));
  await Promise.all(members.map((member) => join(team, member)));
  const specs = Array.from({ length: TASKS }, (_, at) => ({ title: `Do the ${at}th thing` }));
  await team.queue.pushMany(specs, PERSON);
  for (const member of members.slice(0, BUSY)) {
    const task = await team.queue.claim(member);
    if (task === null) throw new Error("Nothing to claim");
    await team.queue.start(task.id, { by: member, token: task.claim?.token });
  }
  console.log(`${MEMBERS} members, ${BUSY} of them at work, ${TASKS} tasks`);
  return team;
}

async function measure(
  team: Filled,
  root: string,
  { columns, rows }: { readonly columns: number; readonly rows: number },
): Promise<void> {
  const began = performance.now();
  const shown = new TerminalProgram({ columns, rows }, [program, server.hosts, root]);
  await shown.until("Ctrl+C to stop");
  const firstMs = performance.now() - began;
  await pause(2_000);

  const changes: number[] = [];
  for (let change = 0; change < CHANGES; change++) {
    const mark = randomBytes(16).toString("hex");
    await team.queue.push({ title: mark }, PERSON);
    const committed = performance.now();
    // Its ends may be as they were in the title that stood there before, and so are not written.
    await shown.until(mark.slice(8, -8));
    changes.push(performance.now() - committed);
    await pause(100 + Math.random() * 100);
  }
  await pause(3_000);

  const [cpuBefore, bytesBefore] = [shown.cpuMs(), shown.bytes];
  await pause(IDLE_MS);
  const idlePercent = (shown.cpuMs() - cpuBefore) / IDLE_MS * 100;
  const bytesASecond = (shown.bytes - bytesBefore) / IDLE_MS * 1_000;
  const rssMb = shown.rssMb();
  await shown.end();

  const sorted = changes.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.floor(part * (sorted.length - 1))] ?? NaN;
  console.log(`\n${columns}×${rows}`);
  say("first whole screen, from the start of the process", firstMs, "ms", GOALS.firstMs);
  console.log(`  change, from its commit to its picture: median ${at(0.5).toFixed(0)} ms`);
  say("change, 95 of 100", at(0.95), "ms", GOALS.changeMs);
  say("processor while nothing happens", idlePercent, "% of a core", GOALS.idlePercent);
  say("memory", rssMb, "MB", GOALS.rssMb);
  console.log(`  written while nothing happens: ${bytesASecond.toFixed(0)} bytes a second`);
}

function say(what: string, value: number, unit: string, goal: number): void {
  const isMet = value <= goal;
  console.log(`  ${what}: ${value.toFixed(1)} ${unit} (goal ${goal})${isMet ? "" : " MISSED"}`);
  if (!isMet) process.exitCode = 1;
}
