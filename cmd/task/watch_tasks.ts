import { defineCommand } from "../cli/command.ts";
import { TASK_STATES } from "../../src/domain/words.ts";
import { followTasks, printChange } from "./follow.ts";

/** Waits for a new task, or follows every change, as JSON lines. */
export default defineCommand({
  description:
    "Without --follow it ends with the first task that becomes pending (or what --status says) " +
    "after its start. What happens while the connection is away is told afterwards; nothing is " +
    "told twice.",
  options: {
    follow: { type: "flag", help: "A line for each change, until interrupted" },
    status: {
      type: "list",
      placeholder: "status",
      choices: TASK_STATES,
      help: "Only changes that leave a task in these states",
      default: "pending; with --follow: all",
    },
  },
  examples: [
    {
      says: "Wait for work, at most five minutes",
      command: "claude-orchestrator watch-tasks --timeout 5m",
    },
    {
      says: "Failures, as they happen",
      command: "claude-orchestrator watch-tasks --follow --status failed | " +
        "jq --unbuffered -r .task.fail_reason",
    },
  ],
  output: { kind: "stream", schema: async () => (await import("../schemas.ts")).TaskEventOutput },
  deadlineMs: null,
  run: async (deps, options) => {
    const team = await deps.team();
    const status = options.status.length > 0
      ? [...options.status]
      : options.follow
      ? [...TASK_STATES]
      : ["pending" as const];
    const since = await team.journal.head();
    for await (const change of followTasks(team, { status }, deps.signal, since)) {
      await printChange(deps.out, change);
      if (!options.follow) return;
    }
    deps.signal.throwIfAborted();
  },
});
