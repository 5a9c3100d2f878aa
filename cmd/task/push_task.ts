import { MAX_TEXT_BYTES } from "../../src/domain/limits.ts";
import type { NewTask } from "../../src/domain/task.ts";
import { OrchestratorError } from "../../src/domain/errors.ts";
import { defineCommand, type Deps } from "../cli/command.ts";
import type { OptionSpecs, Values } from "../cli/options.ts";
import { resolveMoment } from "../cli/values.ts";
import { actor } from "../identity.ts";
import { chainId } from "../ids.ts";
import { KNOWN_LINKS, KNOWN_ROLES } from "../../src/domain/words.ts";
import { readFile } from "../text_source.ts";
import { assignee, withAssignees } from "./assignee.ts";
import { OPEN_STATES } from "./options.ts";
import { TASK_COLUMNS, taskView } from "./view.ts";

/** Bytes of a file of tasks; more is pushed in several files. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;

const OPTIONS = {
  title: { type: "text", placeholder: "text", help: "What is to be done, in a line" },
  description: { type: "text", placeholder: "text", help: "All that its worker must know" },
  "description-file": {
    type: "text",
    placeholder: "path|-",
    completes: "file",
    help: "Read the description from a file, or with - from stdin",
  },
  priority: {
    type: "integer",
    min: 0,
    max: 3,
    placeholder: "0..3",
    help: "0 urgent, 1 high, 2 normal, 3 low",
    default: "1",
  },
  assignee: {
    type: "text",
    placeholder: "id|name",
    completes: "member",
    help: "Member that alone may claim it",
  },
  role: {
    type: "text",
    placeholder: "role",
    known: KNOWN_ROLES,
    help: "Role that its worker should have",
  },
  link: {
    type: "text",
    placeholder: "link",
    choices: KNOWN_LINKS,
    help: "Link of a chain that the task is",
  },
  "chain-id": {
    type: "text",
    placeholder: "id",
    completes: "chain",
    help: "Chain that the task belongs to",
  },
  "depends-on": {
    type: "list",
    placeholder: "id",
    completes: "task",
    among: OPEN_STATES,
    help: "Tasks of its chain that must be completed first",
  },
  "blocked-by": {
    type: "list",
    placeholder: "id",
    completes: "task",
    among: OPEN_STATES,
    help: "Other tasks that must be completed first",
  },
  criteria: { type: "text", placeholder: "text", help: "When it counts as done" },
  verify: {
    type: "text",
    placeholder: "command",
    help: "Command that a Worker runs to prove that it is done",
  },
  "max-retries": {
    type: "integer",
    min: 0,
    max: 100,
    placeholder: "n",
    help: "Times that it is queued again before it stays failed",
    default: "as configured, else 3",
  },
  "not-before": {
    type: "moment",
    placeholder: "time|duration",
    help: "Not claimable before this time, or for so long",
  },
  file: {
    type: "text",
    placeholder: "tasks.jsonl|-",
    completes: "file",
    help: "Create many: one JSON object a line, with the fields named as in the output",
  },
} as const satisfies OptionSpecs;

/** Creates a task from options, or many from JSON lines. */
export default defineCommand({
  description:
    'A line of --file holds "title" and, as wanted, "description", "criteria", "priority", ' +
    '"role", "link", "chain_id", "depends_on", "blocked_by", "verify", "not_before", "assignee", ' +
    '"max_retries". With "key" a task gets a name for this one push, by which others in it may ' +
    "depend on it. All lines are checked before the first task is made.",
  options: OPTIONS,
  positionals: [{ name: "-", help: "Read JSON lines from stdin", optional: true, choices: ["-"] }],
  examples: [
    {
      says: "One task, urgent, for whoever is a builder",
      command: 'claude-orchestrator push-task --title "Fix the login" --priority 0 --role builder',
    },
    {
      says: "A task that waits for another",
      command: 'claude-orchestrator push-task --title "Test it" --depends-on task-0000000001',
    },
    {
      says: "Many at once",
      command: "claude-orchestrator push-task --file tasks.jsonl --output jsonl | jq -r .id",
    },
  ],
  output: { kind: "document", schema: async () => (await import("../schemas.ts")).PushOutput },
  deadlineMs: 600_000,
  run: async (deps, options, positionals) => {
    const file = options.file ?? positionals[0];
    if (file === undefined) return await pushOne(deps, options);
    if (options.title !== undefined) {
      throw new OrchestratorError("USAGE", "Give --title or --file, not both");
    }
    await pushFile(deps, file);
  },
});

async function pushOne(deps: Deps, options: Values<typeof OPTIONS>): Promise<void> {
  if (options.title === undefined) {
    throw new OrchestratorError("USAGE", "Missing option --title", {
      hint: "Or give many tasks with --file",
      details: { missing: ["--title"] },
    });
  }
  const spec = await newTask(deps, { ...options, title: options.title });
  const [team, by] = await Promise.all([deps.team(), actor(deps)]);
  const task = await team.tasks.push(spec, by);
  await deps.out.document(taskView(task));
}

async function newTask(
  deps: Deps,
  options: Values<typeof OPTIONS> & { readonly title: string },
): Promise<NewTask> {
  const description = await describe(deps, options);
  const notBefore = options["not-before"];
  const given = {
    title: options.title,
    description,
    criteria: options.criteria,
    priority: options.priority,
    role: options.role,
    link: options.link,
    chain_id: options["chain-id"] === undefined ? undefined : chainId(options["chain-id"]),
    depends_on: options["depends-on"],
    blocked_by: options["blocked-by"],
    verify: options.verify,
    max_retries: options["max-retries"] ?? (await deps.config()).value("limits.max_retries"),
    not_before: notBefore && resolveMoment(notBefore, (await deps.clock()).now()),
    ...(options.assignee === undefined ? {} : await assignee(deps, options.assignee)),
  };
  // Checked by the queue, which knows the schema: checking here as well would only cost time.
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) as NewTask;
}

async function describe(deps: Deps, options: Values<typeof OPTIONS>): Promise<string | undefined> {
  const path = options["description-file"];
  if (path === undefined) return options.description;
  if (options.description !== undefined) {
    throw new OrchestratorError("USAGE", "Give --description or --description-file, not both");
  }
  return await readFile(deps.host, path, MAX_TEXT_BYTES);
}

async function pushFile(deps: Deps, path: string): Promise<void> {
  const text = await readFile(deps.host, path, MAX_FILE_BYTES);
  const { parseTaskLines } = await import("./task_lines.ts");
  const maxRetries = (await deps.config()).value("limits.max_retries");
  const specs = (await withAssignees(deps, parseTaskLines(text)))
    .map((spec) => ({ max_retries: maxRetries, ...spec }));
  const [team, by] = await Promise.all([deps.team(), actor(deps)]);
  const tasks = await team.tasks.pushMany(specs, by);
  await deps.out.list(tasks.map(taskView), TASK_COLUMNS);
}
