import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../tests/support/temporary_directory.ts";
import { loadConfig } from "../config/load.ts";
import { nodeFiles } from "../platform/node/files.ts";
import type { CommandOutcome } from "../platform/processes.ts";
import { ZooKeeperError } from "../zookeeper/errors.ts";
import { type DoctorProbes, runDoctor } from "./doctor.ts";
import type { ServerFacts } from "./server_facts.ts";
import type { TreeFacts } from "./tree_checks.ts";

const SERVER: ServerFacts = {
  endpoint: "127.0.0.1:2181",
  version: "3.8.0",
  latencyMs: 0.4,
  access: "closed",
  clockAheadMs: 12,
};

const ended = (stdout: string, exitCode = 0): CommandOutcome => ({
  kind: "ended",
  exitCode,
  stdout,
  stderr: "",
});

const TREE: TreeFacts = { tasks: 2, audited: true, findings: [], corrupt: [] };
const bad = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ path: `/bad/${at}`, problem: "extra entry" }));

interface World {
  config?: string | Record<string, unknown>;
  server?: Partial<ServerFacts> | Error;
  tree?: TreeFacts | Error;
  uid?: number;
  env?: Record<string, string>;
  /** Answers by the words of the command; others are missing. */
  programs?: Record<string, CommandOutcome>;
  files?: Partial<typeof nodeFiles>;
}

const PROGRAMS: Record<string, CommandOutcome> = {
  "git --version": ended("git version 2.39.5\n"),
  "claude --version": ended("2.1.330 (Claude Code)\n"),
  "claude auth status": ended('{"loggedIn": true, "authMethod": "api_key"}'),
};

function world(
  { config = {}, server = {}, tree = TREE, uid = 1000, env = {}, programs = {}, files = {} }: World,
) {
  const base = temporaryDirectory({
    "work/.claude-orchestrator/config.json": typeof config === "string"
      ? config
      : JSON.stringify({ cache_dir: "cache", ...config }),
    "work/cache/log": "",
    "home/file": "",
  });
  chmodSync(join(base, "work/cache"), 0o700);
  const known = { ...PROGRAMS, ...programs };
  const probes: DoctorProbes = {
    config: async () =>
      loadConfig({
        cwd: join(base, "work"),
        home: join(base, "home"),
        env,
        flags: {},
        files: nodeFiles,
      }),
    server: async () => {
      if (server instanceof Error) throw server;
      return { ...SERVER, ...server };
    },
    tree: async () => {
      if (tree instanceof Error) throw tree;
      return tree;
    },
    run: async (words) => known[words.join(" ")] ?? { kind: "missing" },
    files: { ...nodeFiles, freeBytes: () => 50 * 1024 ** 3, ...files },
    uid,
    env,
  };
  return { base, probes };
}

async function check(name: string, setting: World) {
  const report = await runDoctor(world(setting).probes);
  const found = report.checks.find((each) => each.check === name);
  return { healthy: report.healthy, ...found };
}

test("where everything is well, nothing is to be done", async () => {
  const { probes } = world({});
  const report = await runDoctor(probes);
  expect(report.checks.map(({ check, status }) => `${check} ${status}`)).toEqual([
    "config ok",
    "zookeeper ok",
    "access ok",
    "clock ok",
    "tasks ok",
    "records ok",
    "command ok",
    "agent ok",
    "login ok",
    "git ok",
    "templates ok",
    "cache_dir ok",
    "disk ok",
  ]);
  expect(report.healthy).toBe(true);
  expect(report.checks.every(({ remedy }) => remedy === null)).toBe(true);
});

test.each<[string, World, string, RegExp, RegExp]>([
  [
    "zookeeper",
    { server: new ZooKeeperError("CONNECT_TIMEOUT", "No server answers", { outcome: "not_sent" }) },
    "fail",
    /No server answers/,
    /coordinator start.*ZK_HOSTS/,
  ],
  ["zookeeper", { server: { version: "3.4.14" } }, "warn", /3\.4\.14/, /3\.6 or later/],
  ["zookeeper", { server: { version: null } }, "ok", /unknown version/, /^null$/],
  ["zookeeper", { server: { latencyMs: 120 } }, "warn", /120\.0 ms/, /nearer/],
  ["access", { server: { access: "open" } }, "warn", /whoever reaches/, /zookeeper\.auth/],
  ["access", { server: { access: "absent" } }, "warn", /will be open/, /zookeeper\.auth/],
  ["access", { server: { access: "refused" } }, "fail", /belongs to somebody/, /root_path/],
  ["access", { server: { access: "no_chroot" } }, "fail", /chroot/, /zkCli/],
  [
    "access",
    { server: { access: "open" }, config: { zookeeper: { auth: "a:b" } } },
    "warn",
    /open/,
    /made without zookeeper\.auth/,
  ],
  ["tasks", { tree: { tasks: 20_001, audited: false } }, "ok", /not audited.*--audit/, /^null$/],
  [
    "tasks",
    { tree: { ...TREE, findings: bad(5) } },
    "warn",
    /\/bad\/2 \(.*and 2 more/,
    /next step/,
  ],
  ["records", { tree: { ...TREE, corrupt: bad(1) } }, "warn", /\/bad\/0 \(extra entry\)$/, /zkCli/],
  ["tasks", { tree: new Error("It broke") }, "fail", /It broke/, /message/],
  ["clock", { server: { clockAheadMs: 65_000 } }, "warn", /65\.0 s behind/, /chrony/],
  ["clock", { server: { clockAheadMs: -65_000 } }, "warn", /65\.0 s ahead of/, /chrony/],
  [
    "command",
    { config: { command: "claude --dangerously-skip-permissions -v" } },
    "warn",
    /"-v" makes claude print its version/,
    /without -v/,
  ],
  [
    "command",
    { config: { command: "claude --version" } },
    "fail",
    /run nothing/,
    /without --version/,
  ],
  [
    "command",
    { config: { command: "env A=1 /opt/claude --dangerously-skip-permissions" }, uid: 0 },
    "fail",
    /refuses to skip permissions for root/,
    /IS_SANDBOX=1/,
  ],
  [
    "command",
    {
      config: { command: "claude --permission-mode bypassPermissions" },
      uid: 0,
      env: { IS_SANDBOX: "1" },
    },
    "warn",
    /without asking/,
    /acceptEdits/,
  ],
  ["command", { config: { command: "claude -p | tee log" } }, "fail", /no shell/, /script/],
  [
    "command",
    {
      config: { command: "codex exec" },
      programs: { 'sh -c command -v -- "$1" sh codex': ended("/usr/bin/codex\n") },
    },
    "ok",
    /exit status/,
    /^null$/,
  ],
  ["agent", { config: { command: "codex exec" } }, "fail", /"codex" was not found/, /Install it/],
  [
    "agent",
    { programs: { "claude --version": { kind: "missing" } } },
    "fail",
    /not found/,
    /npm install/,
  ],
  [
    "agent",
    { programs: { "claude --version": ended("", 1) } },
    "fail",
    /does not work/,
    /again/,
  ],
  [
    "login",
    { programs: { "claude auth status": ended('{"loggedIn": false}', 1) } },
    "fail",
    /not logged in/,
    /auth login/,
  ],
  [
    "login",
    { programs: { "claude auth status": ended("unknown command", 1) } },
    "warn",
    /does not say/,
    /Update/,
  ],
  ["git", { programs: { "git --version": { kind: "missing" } } }, "warn", /not found/, /Install/],
  ["disk", { files: { freeBytes: () => 50 * 1024 ** 2 } }, "fail", /50 MiB/, /Free some/],
  ["disk", { files: { freeBytes: () => 500 * 1024 ** 2 } }, "warn", /500 MiB/, /Free some/],
  ["cache_dir", { files: { writable: () => false } }, "fail", /cannot be written/, /owner/],
  ["config", { config: "{" }, "fail", /config\.json:1:2/, /line 1/],
  ["config", { config: { nmae: "x" } }, "warn", /Unknown key "nmae"/, /Correct/],
  ["config", { env: { CLAUDE_ORCHESTRATOR_COMMAND: "it's" } }, "fail", /COMMAND/, /message/],
])("%s, given %j, is %s", async (name, setting, status, message, remedy) => {
  const found = await check(name, setting);
  expect(found.status).toBe(status);
  expect(found.message).toMatch(message);
  expect(String(found.remedy)).toMatch(remedy);
  expect(found.healthy).toBe(status !== "fail");
});

test("another agent than claude is looked for, and not asked about a login", async () => {
  const { probes } = world({ config: { command: "my-agent --x" } });
  const asked: string[][] = [];
  const report = await runDoctor({
    ...probes,
    run: async (words) => {
      asked.push([...words]);
      return words[0] === "sh" ? ended("/usr/bin/my-agent\n") : ended("git version 2\n");
    },
  });
  expect(report.checks.find(({ check }) => check === "agent")?.message).toContain(
    "/usr/bin/my-agent",
  );
  expect(report.checks.some(({ check }) => check === "login")).toBe(false);
  expect(asked.some(([program]) => program === "my-agent")).toBe(false);
});

test("a password that others can read, and a broken template, are found", async () => {
  const { base, probes } = world({ config: { zookeeper: { auth: "a:b" } } });
  const path = join(base, "work/.claude-orchestrator/config.json");
  chmodSync(path, 0o644);
  nodeFiles.makeDirectory(join(base, "work/.claude-orchestrator/agents"));
  writeFileSync(join(base, "work/.claude-orchestrator/agents/worker-plan.md"), "{{nmae}}");
  chmodSync(join(base, "work/cache"), 0o755);
  const { checks } = await runDoctor(probes);
  const of = (name: string) => checks.find(({ check }) => check === name);
  expect(of("config")).toMatchObject({ status: "warn", remedy: `Run: chmod 600 ${path}` });
  expect(of("templates")).toMatchObject({ status: "fail", remedy: 'Did you mean "{{name}}"?' });
  expect(of("cache_dir")).toMatchObject({
    status: "warn",
    remedy: expect.stringMatching(/chmod 700/),
  });
});

test("a rehearsal needs no agent", async () => {
  const programs = { "claude --version": { kind: "missing" } as const };
  const { probes } = world({ config: { agent: "rehearsal" }, programs });
  const { checks } = await runDoctor(probes);
  expect(checks.filter(({ check }) => ["command", "agent", "login"].includes(check))).toEqual([{
    check: "agent",
    status: "ok",
    message: "The agents are rehearsed: no model is asked",
    remedy: null,
  }]);
});
