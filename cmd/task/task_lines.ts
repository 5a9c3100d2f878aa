import * as z from "zod";
import { OrchestratorError } from "../../src/domain/errors.ts";
import { NewTask } from "../../src/domain/task.ts";

/** One line of `push-task --file`: a task, and the name or id of whom it is for. */
export interface TaskLine {
  readonly task: NewTask;
  readonly assignee: string | undefined;
}

const Line = NewTask.extend({ assignee: z.string().min(1).optional() });

/**
 * Reads one JSON object a line; blank lines are skipped. Throws INVALID_INPUT for the first line
 * that is no task, with its number and what is wrong.
 */
export function parseTaskLines(text: string): TaskLine[] {
  const lines = text.split("\n").map((line, index) => ({ line: line.trim(), number: index + 1 }));
  const parsed = lines.filter(({ line }) => line !== "").map(({ line, number }) => {
    const { assignee, ...task } = parseLine(line, number);
    return { task, assignee };
  });
  if (parsed.length === 0) throw new OrchestratorError("INVALID_INPUT", "There is no task to push");
  return parsed;
}

function parseLine(line: string, number: number): z.infer<typeof Line> {
  const result = Line.safeParse(parseJson(line, number));
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) =>
    path.length > 0 ? `${path.join(".")}: ${message}` : message
  );
  throw invalid(number, problems.join("; "));
}

function parseJson(line: string, number: number): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    const hint = line.startsWith("[")
      ? "One object a line is wanted; an array becomes that with: jq -c '.[]'"
      : undefined;
    throw invalid(number, error instanceof Error ? error.message : "no JSON", hint);
  }
}

function invalid(number: number, problem: string, hint?: string): OrchestratorError {
  return new OrchestratorError("INVALID_INPUT", `Line ${number} is no task: ${problem}`, {
    details: { line: number },
    ...(hint === undefined ? {} : { hint }),
  });
}
