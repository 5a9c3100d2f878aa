import { OrchestratorError } from "../../src/domain/errors.ts";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import { defineCommand, type Deps } from "../cli/command.ts";

/** Whether the team can work: ZooKeeper, the Leader, members and tasks in numbers. */
export default defineCommand({
  description:
    "Where ZooKeeper cannot be reached the document says so too, beside the error, and the status " +
    "is 5; so do the metrics, whose claude_orchestrator_up is then 0. With --here the status is 3 " +
    "(MEMBER_NOT_FOUND) where the document names a team to which nobody is attached from here.",
  options: {
    here: {
      type: "flag",
      help: "Fail where no process of this machine, or container, is attached to the team",
    },
    "output-file": {
      type: "text",
      placeholder: "file",
      completes: "file",
      help: "Put the metrics into this file, whole or not at all; with --output prometheus",
    },
  },
  examples: [
    { says: "For people", command: "claude-orchestrator status --output table" },
    { says: "How much is open", command: "claude-orchestrator status | jq .tasks.pending" },
    {
      says: "For Prometheus, by node_exporter's textfile collector",
      command: "claude-orchestrator status --output prometheus " +
        "--output-file /var/lib/node_exporter/claude_orchestrator.prom",
    },
  ],
  output: {
    kind: "document",
    metrics: true,
    schema: async () => (await import("../schemas.ts")).StatusOutput,
  },
  run: async (deps, options) => {
    if (deps.globals.output === "prometheus") {
      const { printMetrics } = await import("./status_metrics.ts");
      await printMetrics(deps, options["output-file"]);
    } else if (options["output-file"] !== undefined) {
      throw new OrchestratorError("USAGE", 'Option "--output-file" needs --output prometheus');
    } else await printHealth(deps);
    if (!options.here) return;
    const { requireMemberHere } = await import("./here.ts");
    await requireMemberHere(await deps.team());
  },
});

async function printHealth(deps: Deps): Promise<void> {
  const { healthOf, placeOf, unreachable } = await import("./health.ts");
  const place = await placeOf(deps);
  let zk: ZooKeeper;
  try {
    zk = await deps.zk();
  } catch (error) {
    await deps.out.document(unreachable(place));
    throw error;
  }
  await deps.out.document(await healthOf(deps, zk, place));
}
