import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { CommandShell } from "../command_shell.ts";

const SAMPLE = /^([a-z_]+)\{((?:[a-z]+="[^"\\\n]*",?)+)\} (\d[\d.e+-]*)$/;

/** Values by name and labels; throws where the text is not what Prometheus reads. */
function samplesOf(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  const types = new Map<string, string>();
  for (const line of text.trimEnd().split("\n")) {
    const [, name = "", type = ""] = /^# TYPE (\S+) (gauge|counter)$/.exec(line) ?? [];
    if (name !== "") types.set(name, type);
    if (line.startsWith("#")) continue;
    const [, metric = "", labels = "", value] = SAMPLE.exec(line) ?? [];
    if (types.get(metric) === undefined) throw new Error(`${line} has no type`);
    if ((types.get(metric) === "counter") !== metric.endsWith("_total")) throw new Error(line);
    const key = `${metric.replace("claude_orchestrator_", "")}{${labels}}`;
    if (samples.has(key)) throw new Error(`${key} is there twice`);
    samples.set(key, Number(value));
  }
  return samples;
}

/** Metrics for Prometheus. `shell` opens one with a home and a project of its own. */
export function metricsTests(shell: () => CommandShell): void {
  describe("metrics", () => {
    const AWAY = ["-z", "127.0.0.1:1", "--timeout", "200ms"];
    const metrics = ["status", "--output", "prometheus"];

    test("tell of the team in numbers", async () => {
      const one = shell();
      await one.json("config", "set", "zookeeper.root_path", "/measured");
      await one.json("register", "--name", "Bob", "--role", "builder");
      const { id } = await one.json<{ id: string }>("push-task", "--title", "x");
      await one.json("claim-task");
      await one.json("task-fail", "--task-id", id, "--reason", "no");
      await one.json("task-retry", "--task-id", id);
      await one.json("push-task", "--title", "y", "--role", "planner");
      await one.json("push-task", "--title", "z", "--depends-on", id);
      const { status, stdout } = await one.run(...metrics);
      expect(status).toBe(0);
      const samples = samplesOf(stdout);
      const root = /root="([^"]*)"/.exec(stdout)?.[1];
      expect(root).toMatch(/\/measured$/);
      const value = (name: string, labels = "") =>
        samples.get(`${name}{root="${root}"${labels === "" ? "" : `,${labels}`}}`);
      expect(value("up")).toBe(1);
      expect(value("leader_present")).toBe(0);
      expect(value("members", 'role="builder",status="idle"')).toBe(1);
      expect(value("tasks", 'status="pending"')).toBe(3);
      expect(value("tasks", 'status="failed"')).toBe(0);
      expect(value("task_retries_total")).toBe(1);
      expect(value("events_total", 'type="task_claimed"')).toBe(1);
      expect(value("spent_usd_total")).toBe(0);
      expect(value("zookeeper_latency_seconds")).toBeLessThan(30);
      const now = Date.now() / 1000;
      for (const lane of ["any", "role-planner"]) {
        const since = value("oldest_ready_task_timestamp_seconds", `lane="${lane}"`) ?? 0;
        expect(Math.abs(now - since)).toBeLessThan(300);
      }
      expect(stdout).toMatch(/^claude_orchestrator_build_info\{.*version="\d/m);
    });

    test("are whole in a file, and say when the team is away", async () => {
      const one = shell();
      const file = join(one.directory, "collected", "team.prom");
      const there = await one.run(...metrics, "--output-file", file);
      expect(there).toMatchObject({ status: 0, stdout: "" });
      expect(readFileSync(file, "utf8")).toMatch(/^claude_orchestrator_up\{root=".*"\} 1$/m);
      expect(statSync(file).mode & 0o777).toBe(0o644);
      const away = await one.run(...AWAY, ...metrics, "--output-file", "collected/team.prom");
      expect(away.status).toBe(5);
      expect(JSON.parse(away.stderr)).toMatchObject({ error: { code: "ZOOKEEPER_UNREACHABLE" } });
      const samples = samplesOf(readFileSync(file, "utf8"));
      expect(samples.get('up{root="/claude-orchestrator"}')).toBe(0);
      expect([...samples.keys()].map((key) => key.replace(/\{.*/, ""))).toEqual([
        "up",
        "build_info",
      ]);
      const shown = await one.run(...AWAY, ...metrics);
      expect([shown.status, shown.stdout]).toEqual([5, readFileSync(file, "utf8")]);
    });

    test.each([
      ["list-tasks", "--output", "prometheus"],
      ["--output", "prometheus", "config"],
      ["status", "--output-file", "x"],
    ])("%s %s %s is refused", async (...argv) => {
      const ended = await shell().run(...argv);
      expect([ended.status, ended.stdout]).toEqual([2, ""]);
      expect(JSON.parse(ended.stderr)).toMatchObject({ error: { code: "USAGE" } });
    });
  });
}
