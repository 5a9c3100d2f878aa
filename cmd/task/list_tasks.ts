import { defineCommand } from "../cli/command.ts";
import { chainId, taskId } from "../ids.ts";
import { TASK_STATES } from "../../src/domain/words.ts";
import { cursorOf, LIMIT } from "../listing.ts";
import { followTasks, printChange } from "./follow.ts";
import { TASK_COLUMNS, taskView } from "./view.ts";

/** Lists tasks by ascending id; an empty list is success. */
export default defineCommand({
  description:
    "In the order of their ids, oldest first. To page, give the last id of a page as --cursor of " +
    "the next. With --watch the list comes as JSON lines of type task_present, and then one line " +
    "for each change of a task that matches.",
  options: {
    status: {
      type: "list",
      placeholder: "status",
      choices: TASK_STATES,
      help: "Only tasks in these states",
    },
    "chain-id": {
      type: "text",
      placeholder: "id",
      completes: "chain",
      help: "Only tasks of this chain",
    },
    assignee: {
      type: "text",
      placeholder: "id|name",
      completes: "member",
      help: "Only tasks meant for this member",
    },
    limit: LIMIT,
    cursor: cursorOf("task"),
    watch: { type: "flag", help: "Then follow the changes" },
  },
  examples: [
    { says: "All, for people", command: "claude-orchestrator list-tasks --output table" },
    {
      says: "What is open",
      command: "claude-orchestrator list-tasks --status pending,claimed,in_progress",
    },
    {
      says: "The next page",
      command: "claude-orchestrator list-tasks --limit 100 --cursor task-0000000099",
    },
  ],
  output: {
    kind: "list",
    schema: async () => (await import("../schemas.ts")).TaskList,
    streamSchema: async () => (await import("../schemas.ts")).TaskEventOutput,
  },
  deadlineMs: null,
  run: async (deps, options) => {
    const chain = options["chain-id"] === undefined ? undefined : chainId(options["chain-id"]);
    const after = options.cursor === undefined ? undefined : taskId(options.cursor);
    const team = await deps.team();
    const member = options.assignee === undefined
      ? undefined
      : await team.members.find(options.assignee);
    const filter = {
      ...(options.status.length === 0 ? {} : { status: [...options.status] }),
      ...(chain === undefined ? {} : { chainId: chain }),
      ...(member === undefined ? {} : { assignee: member.id }),
    };
    const head = options.watch ? await team.journal.head() : "";
    const { tasks, corrupt } = await team.tasks.list({
      ...filter,
      ...(options.limit === undefined ? {} : { limit: options.limit }),
      ...(after === undefined ? {} : { after }),
    });
    for (const node of corrupt) deps.out.leftOut(node);
    if (!options.watch) return await deps.out.list(tasks.map(taskView), TASK_COLUMNS);
    const time = new Date((await deps.clock()).now()).toISOString();
    for (const task of tasks) {
      await printChange(deps.out, {
        v: 1,
        type: "task_present",
        id: head,
        time,
        by: "",
        task: taskView(task),
      });
    }
    for await (const change of followTasks(team, filter, deps.signal, head)) {
      await printChange(deps.out, change);
    }
    deps.signal.throwIfAborted();
  },
});
