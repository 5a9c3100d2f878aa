import { OrchestratorError } from "../../src/domain/errors.ts";
import type { TaskId } from "../../src/domain/ids.ts";
import type { Member } from "../../src/domain/member.ts";
import type { Task } from "../../src/domain/task.ts";
import { defineCommand, type Deps } from "../cli/command.ts";
import { requireMember } from "../identity.ts";
import { taskView } from "../task/view.ts";
import { memberView } from "./view.ts";

const TASK_ID = /^task-\d{10}$/;

/** Renews the lease, and says what the member is doing. */
export default defineCommand({
  description:
    "A task that this member has claimed becomes in_progress when it is given as the current one. " +
    "An empty --current-task means that it works on nothing.",
  options: {
    "current-task": {
      type: "text",
      placeholder: "id|text",
      completes: "held-task",
      help: "What is being worked on: a task, or in one's own words",
    },
    status: {
      type: "text",
      placeholder: "status",
      choices: ["idle", "busy"],
      help: "Whether it is free",
      default: "busy with a current task, else unchanged",
    },
  },
  examples: [
    {
      says: "Begin a task",
      command: "claude-orchestrator heartbeat --current-task task-0000000001",
    },
    { says: "Still here", command: "claude-orchestrator heartbeat" },
  ],
  output: {
    kind: "document",
    schema: async () => (await import("../schemas.ts")).HeartbeatOutput,
  },
  run: async (deps, options) => {
    const [team, present] = await Promise.all([deps.team(), requireMember(deps)]);
    const current = options["current-task"];
    const task = current !== undefined && TASK_ID.test(current)
      ? await begin(deps, present, current as TaskId)
      : null;
    const status = options.status ??
      (current === undefined ? present.status : current === "" ? "idle" : "busy");
    const work = current === undefined ? {} : {
      currentTaskId: task?.id ?? null,
      currentWork: task === null && current !== "" ? current : null,
    };
    const member = await team.members.heartbeat(present.id, { status, ...work });
    await deps.out.document({
      v: 1,
      status: "ok",
      instance_id: member.id,
      member: memberView(member),
      task: task && taskView(task),
    });
  },
});

/** The task, in progress; one that somebody else holds, or nobody, is refused. */
async function begin(deps: Deps, { id, name }: Member, taskId: TaskId): Promise<Task> {
  const { tasks } = await deps.team();
  try {
    return await tasks.start(taskId, { by: { id, name } });
  } catch (error) {
    const task = await tasks.get(taskId);
    const isMine = task.status === "in_progress" && task.claim?.owner === id;
    if (isMine && error instanceof OrchestratorError) return task;
    throw error;
  }
}
