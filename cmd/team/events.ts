import { OrchestratorError } from "../../src/domain/errors.ts";
import type { JournalEvent } from "../../src/domain/event.ts";
import { defineCommand, type Deps } from "../cli/command.ts";
import { parseMoment, resolveMoment } from "../cli/values.ts";
import { quote } from "../cli/parse.ts";
import { taskId } from "../ids.ts";

/** Newest events that are printed where nothing else is said. */
const DEFAULT_LIMIT = 100;

const EVENT_ID = /^\d{10}-\d{10}$/;

/** The journal: who did what to which task, when and why. */
export default defineCommand({
  description:
    "The newest hundred, oldest first, or with --since all after an event's id or a time. With " +
    "--follow it goes on with what happens next, and misses nothing while the connection is away.",
  options: {
    follow: { type: "flag", help: "Go on with what happens next, until interrupted" },
    since: {
      type: "text",
      placeholder: "id|time|duration",
      help: "After this event, since this time, or for so long back: 1h",
    },
    "task-id": { type: "text", placeholder: "id", completes: "task", help: "Only of this task" },
    limit: {
      type: "integer",
      min: 1,
      max: 1_000_000,
      placeholder: "n",
      help: "At most so many",
      default: "100; with --since: all",
    },
  },
  examples: [
    {
      says: "What happened to a task",
      command: "claude-orchestrator events --task-id task-0000000001",
    },
    {
      says: "Failures as they happen",
      command: "claude-orchestrator events --follow | " +
        "jq --unbuffered 'select(.type == \"task_failed\")'",
    },
  ],
  output: { kind: "stream", schema: async () => (await import("../schemas.ts")).EventOutput },
  deadlineMs: null,
  run: async (deps, options) => {
    const task = options["task-id"] === undefined ? undefined : taskId(options["task-id"]);
    const since = options.since === undefined ? undefined : await sinceOf(deps, options.since);
    const limit = options.limit ?? (since === undefined ? DEFAULT_LIMIT : undefined);
    const { journal } = await deps.team();
    const head = options.follow ? await journal.head() : "";
    const past = await journal.read({
      ...(since === undefined ? {} : { since }),
      ...(task === undefined ? {} : { taskId: task }),
      ...(limit === undefined ? {} : { limit }),
    });
    for (const event of past) await printEvent(deps, event);
    if (!options.follow) return;
    const from = past.at(-1)?.id ?? head;
    for await (const event of journal.follow(deps.signal, from > head ? from : head)) {
      if (task === undefined || concerns(event, task)) await printEvent(deps, event);
    }
    deps.signal.throwIfAborted();
  },
});

async function sinceOf(deps: Deps, text: string): Promise<string> {
  if (EVENT_ID.test(text)) return text;
  const moment = parseMoment(text);
  if (moment === undefined) {
    throw new OrchestratorError(
      "USAGE",
      `Option "--since" must be an event's id, a time or a duration, not ${quote(text)}`,
    );
  }
  const past = "in" in moment ? { in: -moment.in } : moment;
  return resolveMoment(past, (await deps.clock()).now());
}

function concerns(event: JournalEvent, task: string): boolean {
  return event.task_id === task || (event.task_ids?.some((id) => id === task) ?? false);
}

/** One event as a line, or for people in words. */
export async function printEvent(deps: Deps, event: JournalEvent): Promise<void> {
  await deps.out.event(event, eventText(event));
}

/** An event as one line for people. */
export function eventText(event: JournalEvent): string {
  const about = event.task_ids?.join(",") ?? event.task_id ?? event.chain_id ??
    event.requirement_id ?? "";
  const text = [event.time, event.type, about, event.by_name, event.reason ?? event.title ?? ""];
  return text.filter(Boolean).join("  ");
}
