import { OrchestratorError } from "../../src/domain/errors.ts";
import { defineCommand, type Deps } from "../cli/command.ts";
import type { OptionSpecs, Values } from "../cli/options.ts";
import { KNOWN_ROLES } from "../../src/domain/words.ts";
import { AGENT_OPTIONS } from "./agent_options.ts";
import { versionInfo } from "../version.ts";
import { isRunning } from "./running.ts";
import { thisHost } from "./this_host.ts";
import { memberView } from "./view.ts";

const OPTIONS = {
  name: {
    type: "text",
    placeholder: "name",
    help: "What the others call it",
    default: "as configured",
  },
  role: {
    type: "text",
    placeholder: "role",
    known: KNOWN_ROLES,
    help: "What it does for the team",
    default: "as configured, else general",
  },
  "work-dir": {
    type: "text",
    placeholder: "dir",
    completes: "directory",
    help: "Stay, as a Worker that works in this directory",
  },
  worktree: {
    type: "flag",
    help: "Worker: work in a git work tree of its own, on a branch of its own",
  },
  command: { type: "text", placeholder: "command", help: "Worker: the agent that it runs" },
  tethered: { type: "flag", help: "Worker: leave when standard input ends" },
  ...AGENT_OPTIONS,
  capacity: { type: "integer", min: 1, max: 64, placeholder: "n", help: "Worker: runs at once" },
  "max-turns": {
    type: "integer",
    min: 1,
    max: 100_000,
    placeholder: "n",
    help: "Worker: turns that one run may take",
  },
  "budget-usd": {
    type: "number",
    min: 0.000001,
    placeholder: "usd",
    help: "Worker: US dollars that one run may cost",
  },
  "budget-tokens": {
    type: "integer",
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    placeholder: "n",
    help: "Worker: tokens that one run may use, those of the cache included",
  },
} as const satisfies OptionSpecs;

/** Joins the team: with a lease, or with --work-dir as a Worker. */
export default defineCommand({
  description:
    "Without --work-dir it registers and returns: a membership on a lease, which each command it " +
    "makes renews. The id is kept in the project's configuration, so that the commands that follow " +
    "act as this member. With --work-dir it stays, works through its inbox, and takes tasks that it " +
    "may take; Ctrl+C once ends after the current run, twice at once.",
  options: OPTIONS,
  examples: [
    {
      says: "A member for this shell",
      command: "claude-orchestrator register --name Jerry --role builder",
    },
    {
      says: "A Worker in this directory",
      command: "claude-orchestrator register --name Tom --role builder --work-dir .",
    },
    {
      says: "A Worker on a branch of its own, beside others in this repository",
      command: "claude-orchestrator register --name Ann --work-dir . --worktree",
    },
  ],
  output: { kind: "document", schema: async () => (await import("../schemas.ts")).RegisterOutput },
  deadlineMs: null,
  windsDown: true,
  run: async (deps, options) => {
    const { ensureCoordinator } = await import("../coordinator/ensure.ts");
    await ensureCoordinator(deps);
    if (options["work-dir"] === undefined) return await registerLeased(deps, options);
    const { runWorkerCommand } = await import("./worker.ts");
    await runWorkerCommand(deps, { ...options, "work-dir": options["work-dir"] });
  },
});

const WORKER_ONLY = [
  "command",
  "agent",
  "rehearse",
  "capacity",
  "max-turns",
  "budget-usd",
  "budget-tokens",
] as const;

async function registerLeased(deps: Deps, options: Values<typeof OPTIONS>): Promise<void> {
  const workerOnly = WORKER_ONLY.filter((name) => options[name] !== undefined);
  const [first] = options.worktree ? ["worktree"] : workerOnly;
  if (first !== undefined) {
    throw new OrchestratorError("USAGE", `Option "--${first}" needs --work-dir`);
  }
  const { resolveMembership, remember } = await import("./membership.ts");
  const membership = await resolveMembership(deps, options);
  const { members } = await deps.team();
  const leaseMs = (await deps.config()).value("limits.lease");
  const profile = { ...membership, leaseMs, host: thisHost(), version: versionInfo().version };
  const member = await members.register(profile, isRunning);
  await remember(deps, member);
  await deps.out.document(memberView(member));
}
