import process from "node:process";
import { OrchestratorError } from "../../src/domain/errors.ts";
import type { Check } from "../../src/setup/check.ts";
import type { ServerFacts } from "../../src/setup/server_facts.ts";
import type { TreeFacts } from "../../src/setup/tree_checks.ts";
import { defineCommand, type Deps } from "../cli/command.ts";
import type { Column } from "../cli/grid.ts";

/** ms in all: asking the agent whether it is logged in starts it. */
const DEADLINE_MS = 90_000;

/** Tasks that are audited without being asked to: a few seconds of reading. */
const MAX_AUDITED = 20_000;

/** ms that one program may take to answer. */
const RUN_TIMEOUT_MS = 30_000;

const SYMBOLS = { ok: "✓", warn: "!", fail: "✗" } as const;

const styleOf = ({ status }: Check) => status === "ok" ? "blue" as const : "yellow" as const;

const COLUMNS: readonly Column<Check>[] = [
  { title: "", cell: ({ status }) => SYMBOLS[status], min: 1, style: styleOf },
  { title: "CHECK", cell: ({ check }) => check, min: 10, style: styleOf },
  { title: "FOUND", cell: ({ message }) => message, min: 20 },
  { title: "REMEDY", cell: ({ remedy }) => remedy ?? "", min: 20 },
];

/** One line a check, each that is not ok with its remedy; any that fails makes the status 1. */
export default defineCommand({
  description:
    "ZooKeeper (reachable, version, open or closed, clock), the agent (there, its version, logged in, " +
    "flags that do what they seem to), git, the configuration, templates, permissions, disk; and whether " +
    "every task's record parses and every index entry fits its record. It changes nothing.",
  options: {
    audit: {
      type: "flag",
      help: `Compare every task with its index entries, also of more than ${MAX_AUDITED} tasks`,
    },
  },
  examples: [
    { says: "For people", command: "claude-orchestrator doctor --output table" },
    { says: "Of a large queue, too", command: "claude-orchestrator doctor --audit --timeout 10m" },
    {
      says: "What to do",
      command: "claude-orchestrator doctor | jq -r '.checks[].remedy // empty'",
    },
  ],
  output: { kind: "document", schema: async () => (await import("../schemas.ts")).DoctorOutput },
  deadlineMs: DEADLINE_MS,
  run: async (deps, options) => {
    const { runDoctor } = await import("../../src/setup/doctor.ts");
    const { nodeProcesses } = await import("../../src/platform/node/processes.ts");
    const report = await runDoctor({
      config: deps.config,
      server: () => serverFacts(deps),
      tree: () => treeFacts(deps, options.audit),
      run: (words) => nodeProcesses.run(words, { cwd: deps.host.cwd, timeoutMs: RUN_TIMEOUT_MS }),
      files: await deps.files(),
      uid: process.getuid?.() ?? null,
      env: deps.host.env,
    });
    if (deps.globals.output === "table") await deps.out.list(report.checks, COLUMNS);
    else await deps.out.document(report);
    if (!report.healthy) throw unhealthy(report.checks);
  },
});

async function serverFacts(deps: Deps): Promise<ServerFacts> {
  const [{ readServerFacts }, { readTls }, { nodeEnvironment }, config, clock, files] =
    await Promise.all([
      import("../../src/setup/server_facts.ts"),
      import("../../src/config/tls.ts"),
      import("../../src/platform/node/environment.ts"),
      deps.config(),
      deps.clock(),
      deps.files(),
    ]);
  const tls = readTls(config, files);
  return await readServerFacts(await deps.zk(), nodeEnvironment, {
    root: config.value("zookeeper.root_path"),
    now: () => clock.now(),
    ...(tls === undefined ? {} : { tls }),
  });
}

async function treeFacts(deps: Deps, audits: boolean): Promise<TreeFacts> {
  const { tasks } = await deps.team();
  const counts = await tasks.counts();
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (total > MAX_AUDITED && !audits) return { tasks: total, audited: false };
  const audit = await tasks.audit();
  return { tasks: audit.tasks, audited: true, findings: audit.findings, corrupt: audit.corrupt };
}

function unhealthy(checks: readonly Check[]): OrchestratorError {
  const failed = checks.filter(({ status }) => status === "fail");
  const names = failed.map(({ check }) => check);
  return new OrchestratorError("UNHEALTHY", `Checks failed: ${names.join(", ")}`, {
    hint: failed[0]?.remedy ?? "See the checks",
    details: { failed: names },
  });
}
