import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { asProgram, type CommandShell, openShell } from "../support/command_shell.ts";
import { EXECUTABLE } from "../support/worker_process.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const CLAIMERS = 20;
const TASKS = 100;

describeWithZooKeeper("scripts that claim", (server) => {
  let directory = "";
  let shell: CommandShell;
  let hosts = "";
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "claims-"));
    hosts = `${server.hosts}${await server.freshRoot()}`;
    shell = openShell(asProgram(EXECUTABLE), hosts);
  });
  afterAll(() => {
    shell.remove();
    rmSync(directory, { recursive: true, force: true });
  });

  test("each task is claimed once by twenty loops of one-shot processes", async () => {
    const lines = Array.from({ length: TASKS }, (_, index) => `{"title":"Task ${index}"}\n`);
    const pushed = JSON.parse(
      (await shell.start(["push-task", "-"], { stdin: lines.join("") }).ended).stdout,
    ) as { id: string }[];
    const names = Array.from({ length: CLAIMERS }, (_, index) => `claimer-${index}`);
    const script = `
      "$0" register --name "$1" -i "$1" >/dev/null
      while "$0" claim-task -i "$1" --output jsonl; do :; done
      exit 0`;
    const ended = await Promise.all(names.map(async (name) => {
      const child = spawn("bash", ["-c", script, EXECUTABLE, name], {
        cwd: directory,
        env: { PATH: process.env["PATH"], HOME: directory, ZK_HOSTS: hosts },
      });
      const output = { stdout: "", stderr: "" };
      child.stdout.setEncoding("utf8").on("data", (text: string) => output.stdout += text);
      child.stderr.setEncoding("utf8").on("data", (text: string) => output.stderr += text);
      await once(child, "close");
      return { name, ...output };
    }));

    const claims = ended.flatMap(({ name, stdout }) =>
      stdout.trim().split("\n").filter((line) => line !== "").map((line) => {
        const { id, claimed_by } = JSON.parse(line);
        expect(claimed_by).toBe(name);
        return String(id);
      })
    );
    expect(claims.sort()).toEqual(pushed.map(({ id }) => id));
    for (const { stderr } of ended) {
      expect(JSON.parse(stderr)).toMatchObject({ error: { code: "NOTHING_TO_CLAIM" } });
    }
    expect(await shell.json("status")).toMatchObject({ tasks: { claimed: TASKS, pending: 0 } });
  }, 180_000);
});
