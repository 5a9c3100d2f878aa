import { spawn, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { asProgram, openShell } from "../support/command_shell.ts";
import { commandSuite } from "../support/command_suite.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const root = join(import.meta.dirname, "../..");
const executable = join(root, "dist/claude-orchestrator");

commandSuite("commands, of the executable", asProgram(executable));

describeWithZooKeeper("the executable as a process", (server) => {
  let hosts = "";
  beforeAll(async () => void (hosts = `${server.hosts}${await server.freshRoot()}`));
  const environment = () => ({
    PATH: process.env["PATH"],
    HOME: temporaryDirectory(),
    ZK_HOSTS: hosts,
  });

  test("a reader that goes away ends it quietly, with status 0", async () => {
    const line =
      `{ for i in 1 2 3; do "$0" schema task-show; done; "$0" schema list-tasks; echo "$?" >&2; } | head -1`;
    const { stdout, stderr } = spawnSync("bash", ["-c", line, executable], {
      env: environment(),
      encoding: "utf8",
    });
    expect({ stdout, stderr }).toEqual({ stdout: "{\n", stderr: "0\n" });
  });

  test("a stream whose reader goes away ends too, though nothing happens any more", async () => {
    const shell = openShell(asProgram(executable), hosts);
    await shell.json("register", "--name", "Reader");
    const child = spawn(executable, ["list-instances", "--watch"], { env: environment() });
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    await new Promise((resolve) => child.stdout.once("data", resolve));
    child.stdout.destroy();
    await shell.json("register", "--name", "Another", "-i", "another");
    expect(await ended).toBe(0);
    shell.remove();
  });

  test("a closed stdout is no crash", () => {
    const { status, stderr } = spawnSync("bash", ["-c", '"$0" help >&-', executable], {
      env: environment(),
      encoding: "utf8",
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });

  test("a megabyte goes through a slow pipe whole", async () => {
    const shell = openShell(asProgram(executable), hosts);
    writeFileSync(join(shell.directory, "long"), "x".repeat(400_000));
    for (const key of ["a", "b", "c"]) {
      await shell.json("set-context", "--key", key, "--file", "long");
    }
    const line = `"$0" get-context --key a | { sleep 0.3; wc -c; }`;
    const { stdout } = spawnSync("bash", ["-c", line, executable], {
      env: environment(),
      encoding: "utf8",
    });
    expect(Number(stdout)).toBeGreaterThan(400_000);
    shell.remove();
  });

  test("a stream outlives many stalls of its reader, with nothing said beside it", () => {
    const shell = openShell(asProgram(executable), hosts);
    const description = "x".repeat(50_000);
    const tasks = Array.from({ length: 200 }, (_, n) => ({ title: `Task ${n}`, description }));
    const stalls = "for i in $(seq 30); do sleep 0.02; head -c 200000; done; cat";
    const line = `"$0" push-task --file - --output jsonl | { ${stalls}; } | wc -l`;
    const { stdout, stderr } = spawnSync("bash", ["-c", line, executable], {
      env: environment(),
      cwd: shell.directory,
      encoding: "utf8",
      input: tasks.map((task) => `${JSON.stringify(task)}\n`).join(""),
    });
    expect([Number(stdout), stderr]).toEqual([200, ""]);
    shell.remove();
  });

  test.each(["SIGINT", "SIGTERM"] as const)(
    "%s ends what waits, with status 130",
    async (signal) => {
      const child = spawn(executable, ["-i", "waiting", "claim-task", "--wait", "--verbose"], {
        env: environment(),
      });
      let stderr = "";
      child.stderr.setEncoding("utf8").on("data", (text: string) => stderr += text);
      const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
      await new Promise((resolve) => child.stderr.once("data", resolve));
      child.kill(signal);
      expect(await ended).toBe(130);
      expect(JSON.parse(stderr.trim().split("\n").at(-1) ?? "")).toEqual({
        error: { code: "INTERRUPTED", message: `Interrupted by ${signal}` },
      });
    },
  );
});

describe("without ZooKeeper", () => {
  test.each([[["--version"]], [["help"]], [["push-task", "-h"]], [["completions", "zsh"]], [[
    "config",
  ]]])(
    "%j works",
    (argv) => {
      const env = { PATH: "", HOME: temporaryDirectory(), ZK_HOSTS: "127.0.0.1:1" };
      const { status, stderr } = spawnSync(executable, argv, { env, encoding: "utf8" });
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    },
  );
});
