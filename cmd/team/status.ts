import { OrchestratorError } from "../../src/domain/errors.ts";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import { defineCommand } from "../cli/command.ts";

/** Whether the team can work: ZooKeeper, the Leader, members and tasks in numbers. */
export default defineCommand({
  description:
    "Where ZooKeeper cannot be reached the document says so too, beside the error, and the status " +
    "is 5; so do the metrics, whose claude_orchestrator_up is then 0.",
  options: {
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
        "--output-file /var/lib/prometheus/node-exporter/claude_orchestrator.prom",
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
      return await printMetrics(deps, options["output-file"]);
    }
    if (options["output-file"] !== undefined) {
      throw new OrchestratorError("USAGE", 'Option "--output-file" needs --output prometheus');
    }
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
  },
});
