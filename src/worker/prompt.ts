import { join } from "node:path";
import type { Message } from "../domain/message.ts";
import type { ReportKind } from "../domain/report.ts";
import type { Guidance, Task, Transition } from "../domain/task.ts";
import { render, type TemplateValues } from "../domain/template.ts";
import type { WorkerContext } from "./context.ts";
import type { RunFiles } from "./log_key.ts";

/**
 * Actions of a history whose reason tells the next attempt something. `reopen` is not among them: why a
 * link is done again is its guidance, whole.
 */
const TELLING = ["fail", "block", "unblock", "retry", "recover"];
/** How many of them are told. */
const MAX_REASONS = 5;

/** The kind of report that a task's agent is to end with. */
export function kindOf(task: Task): ReportKind {
  return task.link ?? "task";
}

/**
 * The prompt of a task's run. In a conversation that is resumed (`isResumed`) the task itself is not
 * told again: only what came since, and the lines of the report, as the task's own template asks for them
 * in its last paragraph.
 */
export function taskPrompt(
  context: WorkerContext,
  task: Task,
  files: RunFiles,
  extra: { docPath: string | null; leaderName: string | null; isResumed: boolean },
): string {
  const values = taskValues(context, task, files, extra);
  const whole = render(context.template(kindOf(task)), values);
  if (!extra.isResumed) return whole;
  const again = render(context.template("again"), values);
  return `${again.trimEnd()}\n\n${lastParagraph(whole)}\n`;
}

function lastParagraph(text: string): string {
  return text.trimEnd().split(/\n[ \t]*\n/).at(-1) ?? "";
}

function taskValues(
  context: WorkerContext,
  task: Task,
  files: RunFiles,
  extra: { docPath: string | null; leaderName: string | null },
): TemplateValues {
  return {
    ...whoAndWhere(context, files, extra.leaderName),
    task_id: task.id,
    task_title: task.title,
    task_description: task.description,
    task_criteria: task.criteria ?? "",
    task_doc_path: extra.docPath ?? "",
    chain_id: task.chain_id ?? "",
    link: task.link ?? "",
    from_name: task.created_by_name,
    content: guidance(task),
  };
}

/** The prompt of a message's run. */
export function messagePrompt(
  context: WorkerContext,
  message: Message,
  files: RunFiles,
  leaderName: string | null,
): string {
  return render(context.template("message"), {
    ...whoAndWhere(context, files, leaderName),
    task_id: message.task_id ?? "",
    task_doc_path: message.task_doc_path ?? "",
    chain_id: message.chain_id ?? "",
    link: message.link ?? "",
    from_name: message.from_name,
    content: message.content,
  });
}

function whoAndWhere(
  { identity, clock }: WorkerContext,
  files: RunFiles,
  leaderName: string | null,
): TemplateValues {
  return {
    name: identity.name,
    role: identity.role,
    preset_role: identity.role,
    work_dir: identity.workDir,
    time: new Date(clock.now()).toISOString(),
    result_path: files.result,
    leader_name: leaderName ?? "",
  };
}

/**
 * What earlier attempts came to, and what the Leader wants done better, oldest first; "" for a first
 * attempt. A reason is as short as the history keeps it, guidance is whole.
 */
export function guidance({ history, guidance }: Pick<Task, "history" | "guidance">): string {
  const reasons = history
    .filter(({ action, reason }) => TELLING.includes(action) && reason !== null && reason !== "")
    .slice(-MAX_REASONS)
    .map(toldReason);
  const told = [...reasons, ...guidance.map(toldGuidance)];
  // Stable: what has the same time keeps its order.
  told.sort((a, b) => Date.parse(a.time) - Date.parse(b.time));
  return told.map(({ line }) => line).join("\n");
}

interface Told {
  readonly time: string;
  readonly line: string;
}

function toldReason({ time, action, by_name, reason }: Transition): Told {
  return { time, line: `- ${time} ${action}${byWhom(by_name)}: ${reason}` };
}

function toldGuidance({ time, round, by_name, link, text }: Guidance): Told {
  return { time, line: `- ${time} round ${round}, ${link} judged${byWhom(by_name)}: ${text}` };
}

function byWhom(name: string): string {
  return name === "" ? "" : ` by ${name}`;
}

/** Directory of what is written for agents to read; nothing else is kept in it. */
export function docDirectory(cacheDir: string): string {
  return join(cacheDir, "tasks");
}

/** The reports of the tasks before this one, as a document; null where there are none. */
export function earlierReports(earlier: readonly Task[]): string | null {
  const told = earlier.filter((task) => task.result !== null && task.result !== "");
  if (told.length === 0) return null;
  return told.map((task) =>
    `# ${task.link ?? "task"}: ${task.title} (${task.id}, by ${
      task.completed_by_name ?? "?"
    })\n\n` +
    `${task.result}\n`
  ).join("\n");
}
