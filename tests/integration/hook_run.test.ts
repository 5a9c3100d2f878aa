import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type HookRequest, runHook } from "../../src/hooks/run_hook.ts";
import { systemClock } from "../../src/platform/node/system_clock.ts";
import { systemRandom } from "../../src/platform/node/system_random.ts";
import { fileAppears } from "../support/awaited_file.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

function run(words: readonly string[], more: Partial<HookRequest> = {}) {
  return runHook({
    words,
    input: "",
    cwd: temporaryDirectory(),
    env: { PATH: process.env["PATH"] },
    timeoutMs: 20_000,
    runId: systemRandom.id(),
    clock: systemClock,
    stop: new AbortController().signal,
    ...more,
  });
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("gets the event on standard input, its environment, and its words as they are", async () => {
  const script = 'cat; printf "%s|" "$MARK" "$@"';
  const words = ["sh", "-c", script, "sh", "a b", "$(touch hit)", ";touch hit", "*"];
  const cwd = temporaryDirectory();
  const ended = await run(words, {
    input: "the event\n",
    env: { PATH: process.env["PATH"], MARK: "x" },
    cwd,
  });
  expect(ended.output).toBe("the event\nx|a b|$(touch hit)|;touch hit|*|");
  expect([ended.outcome, ended.exitCode, existsSync(join(cwd, "hit"))]).toEqual(["ok", 0, false]);
});

test("an exit status, and a signal, are told as they are", async () => {
  const failed = await run(["sh", "-c", "echo why >&2; exit 7"]);
  expect(failed).toMatchObject({ outcome: "failed", exitCode: 7, output: "why\n" });
  const killed = await run(["sh", "-c", "kill -9 $$"]);
  expect(killed).toMatchObject({ outcome: "failed", exitCode: null, signal: "SIGKILL" });
});

test("a program that is not there, or may not be run, is no failure of ours", async () => {
  expect(await run(["no-such-program"]))
    .toMatchObject({ outcome: "not_started", problem: expect.stringContaining("ENOENT") });
  const file = join(temporaryDirectory(), "plain");
  writeFileSync(file, "text");
  expect(await run([file]))
    .toMatchObject({ outcome: "not_started", problem: expect.stringContaining("EACCES") });
  expect(await run(["echo", "a\0b"])).toMatchObject({ outcome: "not_started" });
  expect(await run(["true"], { cwd: "/no/such/directory" })).toMatchObject({
    outcome: "not_started",
  });
});

test("one that hangs and takes no SIGTERM is ended with its children when its time is over", async () => {
  const cwd = temporaryDirectory();
  const script = "trap '' TERM; (trap '' TERM; echo $BASHPID > child; sleep 600) & " +
    "while true; do sleep 1; done";
  const started = systemClock.monotonic();
  // Long enough for a busy machine to start it: before its trap stands, SIGTERM would end it.
  const ended = await run(["bash", "-c", script], { cwd, timeoutMs: 4_000 });
  expect(ended).toMatchObject({ outcome: "timed_out", signal: "SIGKILL" });
  expect(systemClock.monotonic() - started).toBeLessThan(20_000);
  // It was killed; that it is gone is for whoever inherited it to see to, a moment later.
  const child = Number(readFileSync(join(cwd, "child"), "utf8"));
  await expect.poll(() => isRunning(child), { timeout: 60_000 }).toBe(false);
});

test("one that is to stop is ended", async () => {
  const cwd = temporaryDirectory();
  const stop = new AbortController();
  const running = run(["sh", "-c", "echo > begun; exec sleep 600"], { cwd, stop: stop.signal });
  await fileAppears(join(cwd, "begun"));
  stop.abort();
  expect(await running).toMatchObject({ outcome: "stopped", signal: "SIGTERM" });
  expect(await run(["true"], { stop: stop.signal })).toMatchObject({ outcome: "stopped" });
});

test("of 10 MB on each stream the end is kept, and the rest counted", async () => {
  const script =
    "head -c 10000000 /dev/zero | tr '\\0' x; head -c 10000000 /dev/zero | tr '\\0' y >&2; " +
    "echo END";
  const ended = await run(["sh", "-c", script]);
  expect([ended.outcome, ended.outputBytes]).toEqual(["ok", 20_000_004]);
  expect(ended.output.length).toBe(64 * 1024);
});

test("one that reads nothing of a large event, and one that closes its input, end as they like", async () => {
  const input = "x".repeat(5_000_000);
  expect(await run(["true"], { input })).toMatchObject({ outcome: "ok" });
  expect(await run(["sh", "-c", "exec <&-; exit 3"], { input })).toMatchObject({ exitCode: 3 });
});

test("what it leaves behind with its output does not hold it up", async () => {
  const started = systemClock.monotonic();
  const ended = await run(["sh", "-c", "sleep 20 & echo done"]);
  expect(ended).toMatchObject({ outcome: "ok", output: "done\n" });
  expect(systemClock.monotonic() - started).toBeLessThan(15_000);
});
