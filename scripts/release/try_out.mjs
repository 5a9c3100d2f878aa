import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { HOST_TARGET } from "../build/targets.mjs";

/**
 * Where Debian's packages (qemu-user-static, libstdc++6-arm64-cross) put the emulator of the processor,
 * and the libraries for what it runs.
 */
const EMULATOR = "/usr/bin/qemu-aarch64-static";
const ARM64_LIBRARIES = "/usr/aarch64-linux-gnu";

/** Longest time, in ms, that one command may take; under emulation it starts in seconds. */
const COMMAND_MS = 60_000;

/**
 * How an executable can be run on this machine: words before its path, and what to call it. Null where it
 * cannot.
 */
function runnerOf(target) {
  if (target === HOST_TARGET) return { words: [], title: "run on its platform" };
  const hasEmulator = [EMULATOR, `${ARM64_LIBRARIES}/lib/libstdc++.so.6`].every(existsSync);
  return target === "linux-arm64" && hasEmulator
    ? { words: [EMULATOR, "-L", ARM64_LIBRARIES], title: "run under QEMU's emulation" }
    : null;
}

/** One task from its push to its end, through a coordinator of the executable's own. */
async function carryTask(words, home) {
  const [program, ...first] = words;
  const env = { HOME: home, PATH: "" };
  const start = ["coordinator", "start", "--foreground", "--port", "0", "--data-dir", "data"];
  const server = spawn(program, [...first, ...start], {
    cwd: home,
    env,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const ended = once(server, "exit");
  const says = once(server.stdout, "data").then(([text]) => JSON.parse(text));
  const { address } = await Promise.race([says, ended.then(() => ({}))]);
  if (address === undefined) throw new Error("The coordinator did not start");
  const json = async (...args) => {
    const { stdout } = await promisify(execFile)(program, [...first, ...args], {
      cwd: home,
      env: { ...env, ZK_HOSTS: address },
      timeout: COMMAND_MS,
    });
    return JSON.parse(stdout);
  };
  try {
    await json("register", "--name", "Ann");
    const { id } = await json("push-task", "--title", "Try the executable");
    const claimed = await json("claim-task");
    await json("complete-task", "--task-id", claimed.id, "--result", "It works");
    const { status } = await json("task-show", "--task-id", id);
    if (status !== "completed") throw new Error(`The task is ${status}, not completed`);
  } finally {
    server.kill("SIGTERM");
    await ended;
  }
}

/**
 * Runs an executable where this machine can: what it says of itself has to be what was built, and a task
 * has to come to its end.
 *
 * @param expected {object} what `--version --output json` is to say, in part
 * @returns {Promise<{tested: boolean, how: string}>}
 * @throws {Error} where it runs, and does otherwise
 */
export async function tryOut(path, target, expected) {
  const runner = runnerOf(target);
  if (runner === null) return { tested: false, how: "not run: this machine cannot" };
  const words = [...runner.words, path];
  const home = mkdtempSync(join(tmpdir(), "try-out-"));
  try {
    const [program, ...first] = words;
    const { stdout } = await promisify(execFile)(
      program,
      [...first, "--version", "--output", "json"],
      { cwd: home, env: { HOME: home, PATH: "" }, timeout: COMMAND_MS },
    );
    const said = JSON.parse(stdout);
    for (const [name, value] of Object.entries(expected)) {
      if (said[name] === value) continue;
      throw new Error(`${target}: ${name} is ${JSON.stringify(said[name])}, not "${value}"`);
    }
    await carryTask(words, home);
    return {
      tested: true,
      how: `${runner.title}: its version, and a task from push to completion`,
    };
  } finally {
    rmSync(home, { recursive: true });
  }
}
