import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { asProgram, type CommandShell, openShell } from "../support/command_shell.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { EXECUTABLE, type Place, startWorkerProcess } from "../support/worker_process.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

/** ms that a start may take on a busy machine, beside what the command itself waits. */
const START_MS = 15_000;
const CONNECT_TIMEOUT_MS = 5_000;

/** A file system of its own for one test. */
function mount(options: string): string {
  const point = mkdtempSync(join(tmpdir(), "mount-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", point]);
  onTestFinished(() => {
    execFileSync("umount", ["-l", point]);
    rmSync(point, { recursive: true });
  });
  return point;
}

function canMount(): boolean {
  const point = mkdtempSync(join(tmpdir(), "mount-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "tmpfs", point], { stdio: "ignore" });
  if (mounted.status === 0) execFileSync("umount", [point]);
  rmSync(point, { recursive: true });
  return mounted.status === 0;
}

/** A port that accepts, and never says a word. */
async function silentPort(): Promise<number> {
  const server = createServer((socket) => void socket.on("error", () => {}));
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("No port");
  return address.port;
}

describe("without a ZooKeeper that answers", () => {
  const hosts: [string, () => Promise<string>][] = [
    ["nobody listens", () => Promise.resolve("127.0.0.1:1")],
    ["a port accepts and says nothing", async () => `127.0.0.1:${await silentPort()}`],
    ["a name does not resolve", () => Promise.resolve("no-such-host.invalid:2181")],
  ];
  test.each(hosts)("(%s) a command says so after five seconds", async (_, hostsOf) => {
    const shell = openShell(asProgram(EXECUTABLE), await hostsOf());
    onTestFinished(() => shell.remove());
    const began = performance.now();
    const error = await shell.failure("push-task", "--title", "x");
    expect(performance.now() - began).toBeLessThan(CONNECT_TIMEOUT_MS + START_MS);
    expect(error).toMatchObject({ exit: 5, code: "ZOOKEEPER_UNREACHABLE", outcome: "not_sent" });
  });
});

describeWithZooKeeper("on a machine that is not well, the executable", (server) => {
  const openTeam = async (): Promise<{ shell: CommandShell; hosts: string }> => {
    const hosts = `${server.hosts}${await server.freshRoot()}`;
    const shell = openShell(asProgram(EXECUTABLE), hosts);
    onTestFinished(() => shell.remove());
    return { shell, hosts };
  };
  const workerAt = (place: Place, ...args: string[]) => {
    const worker = startWorkerProcess(place, "ann", ...args);
    onTestFinished(async () => {
      worker.kill();
      await worker.ended;
    });
    return worker;
  };
  const untilCompleted = async (shell: CommandShell, id: string) => {
    for (;;) {
      const task = await shell.json<Record<string, unknown>>("task-show", "--task-id", id);
      if (["completed", "failed"].includes(String(task["status"]))) return task;
    }
  };

  test.each([
    ["help"],
    ["--version"],
    ["config"],
    ["status"],
    ["push-task", "--title", "Told to nobody"],
    ["list-tasks", "--output", "table"],
    ["events", "--follow", "--since", "1h"],
  ])("fails where stdout is a full device: %s", async (...argv) => {
    const { shell, hosts } = await openTeam();
    await shell.json("push-task", "--title", "First");
    const child = spawnSync("bash", ["-c", '"$0" "$@" >/dev/full', EXECUTABLE, ...argv], {
      env: { PATH: process.env["PATH"], HOME: temporaryDirectory(), ZK_HOSTS: hosts },
      encoding: "utf8",
      timeout: 20_000,
    });
    expect(child.status).toBe(1);
    expect(JSON.parse(child.stderr)).toMatchObject({
      error: { code: "DISK_FULL", message: expect.stringContaining("stdout") },
    });
  });

  test("says with an agent that is not there which one, and keeps the task", async () => {
    const { shell, hosts } = await openTeam();
    const directory = temporaryDirectory();
    const env = { PATH: "/usr/bin:/bin", HOME: directory, ZK_HOSTS: hosts };
    const { id } = await shell.json<{ id: string }>("push-task", "--title", "x");
    const worker = workerAt({ cwd: directory, env });
    await worker.printed("ENOENT");
    expect(worker.output()).toContain("claude");
    const task = await shell.json<Record<string, unknown>>("task-show", "--task-id", id);
    expect(task).toMatchObject({ retry_count: 0, result: null });
    expect(["pending", "claimed", "in_progress"]).toContain(task["status"]);
  });

  if (canMount()) {
    test("keeps the result of a run whose log fills the disk", async () => {
      const { shell, hosts } = await openTeam();
      const directory = temporaryDirectory();
      const cache = mount("size=64k");
      writeFileSync(
        join(directory, "agent.sh"),
        "#!/bin/sh\nhead -c 300000 /dev/zero | tr '\\0' 'x' | fold -w 100\necho the result\n",
        { mode: 0o755 },
      );
      const env = { PATH: "/usr/bin:/bin", HOME: directory, ZK_HOSTS: hosts };
      const { id } = await shell.json<{ id: string }>("push-task", "--title", "x");
      const agent = ["--command", join(directory, "agent.sh")];
      const worker = workerAt(
        { cwd: directory, env: { ...env, CLAUDE_ORCHESTRATOR_CACHE_DIR: cache } },
        ...agent,
      );
      const task = await untilCompleted(shell, id);
      expect(task).toMatchObject({ status: "completed", retry_count: 0 });
      expect(String(task["result"])).toContain("the result");
      expect(readdirSync(cache)).not.toEqual([]);
      expect(worker.output()).toContain("ENOSPC");
    });

    test("works with a home that is read-only, and refuses what must be kept there", async () => {
      const { shell, hosts } = await openTeam();
      const home = mount("ro");
      const project = temporaryDirectory();
      const run = (...argv: string[]) =>
        asProgram(EXECUTABLE)(argv, { cwd: project, home, env: { ZK_HOSTS: hosts } }).ended;
      for (
        const argv of [
          ["push-task", "--title", "x"],
          ["-i", "me", "register", "--name", "Me"],
          ["-i", "me", "claim-task"],
          ["status"],
        ]
      ) expect(await run(...argv)).toMatchObject({ status: 0 });
      const refused = await run("config", "set", "--global", "role", "tester");
      expect(refused.status).toBe(6);
      expect(JSON.parse(refused.stderr).error).toMatchObject({ code: "PERMISSION_DENIED" });
      expect(await shell.json("status")).toMatchObject({ tasks: { claimed: 1 } });
    });
  } else {
    console.warn("Not run: a full disk and a read-only home, which need the right to mount");
  }
});
