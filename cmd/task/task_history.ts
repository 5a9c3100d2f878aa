import type { Transition } from "../../src/domain/task.ts";
import { defineCommand } from "../cli/command.ts";
import type { Column } from "../cli/grid.ts";
import { taskId } from "../ids.ts";
import { TASK_ID } from "./options.ts";

const COLUMNS: readonly Column<Omit<Transition, "nonce">>[] = [
  { title: "TIME", cell: ({ time }) => time, min: 24 },
  { title: "ACTION", cell: ({ action }) => action, min: 8 },
  { title: "FROM", cell: ({ from }) => from ?? "-", min: 8 },
  { title: "TO", cell: ({ to }) => to, min: 8 },
  { title: "BY", cell: ({ by, by_name }) => by_name || by || "-", min: 8 },
  { title: "WHY", cell: ({ reason }) => reason ?? "", min: 10 },
];

/** Who moved the task, when, from where to where, why, and with which token. */
export default defineCommand({
  description: 'The last transitions, oldest first; "events --task-id" has them all.',
  options: { ...TASK_ID },
  examples: [{
    says: "Why is it failed?",
    command: "claude-orchestrator task-history --task-id task-0000000001 --output table",
  }],
  output: { kind: "document", schema: async () => (await import("../schemas.ts")).HistoryOutput },
  run: async (deps, options) => {
    const id = taskId(options["task-id"]);
    const task = await (await deps.team()).tasks.get(id);
    const transitions = task.history.map(({ nonce: _nonce, ...shown }) => shown);
    if (deps.globals.output === "table") return await deps.out.list(transitions, COLUMNS);
    await deps.out.document({
      v: 1,
      task_id: task.id,
      status: task.status,
      transitions,
      dropped: task.history_dropped,
    });
  },
});
