import { OrchestratorError } from "../../domain/errors.ts";
import { type NodeLine, TransferLine } from "./node_line.ts";

/** A tree as it was exported, whole. */
export interface ExportedTree {
  /** Parents before their children; the root is first. */
  readonly nodes: readonly NodeLine[];
  /** Ephemeral nodes that were left out. */
  readonly leftOut: number;
}

/**
 * Reads the lines of an export to their end. Throws INVALID_INPUT, with the number of the line, where one
 * is none, where a parent is missing, and where the end is.
 */
export async function readExport(lines: AsyncIterable<string>): Promise<ExportedTree> {
  const nodes = new Map<string, NodeLine>();
  let leftOut: number | null = null;
  let number = 0;
  for await (const text of lines) {
    number++;
    if (text.trim() === "") continue;
    const line = parse(text, number);
    if (leftOut !== null) throw invalid(number, "it comes after the end of an export");
    if ((number === 1) !== (line.type === "export")) {
      throw invalid(
        number,
        number === 1 ? "it does not begin an export" : "it begins another export",
      );
    }
    if (line.type === "node") add(nodes, line, number);
    if (line.type === "end") {
      if (line.nodes !== nodes.size) {
        throw invalid(number, `it says ${line.nodes} nodes, and ${nodes.size} came before it`);
      }
      leftOut = line.left_out;
    }
  }
  if (leftOut === null) throw invalid(number, "the export ends here, before its last line");
  return { nodes: [...nodes.values()], leftOut };
}

function parse(text: string, number: number): TransferLine {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid(number, error instanceof Error ? error.message : String(error));
  }
  const parsed = TransferLine.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw invalid(number, `${issue?.path.join(".") || "the line"} ${issue?.message ?? "is invalid"}`);
}

function add(nodes: Map<string, NodeLine>, line: NodeLine, number: number): void {
  const parent = line.path.slice(0, line.path.lastIndexOf("/")) || "/";
  if (nodes.has(line.path)) throw invalid(number, `"${line.path}" came before`);
  if (line.path !== "/" && !nodes.has(parent)) throw invalid(number, `"${parent}" is missing`);
  nodes.set(line.path, line);
}

function invalid(line: number, problem: string): OrchestratorError {
  return new OrchestratorError(
    "INVALID_INPUT",
    `Cannot read line ${line} of the export: ${problem}`,
    {
      hint: 'Give it what "claude-orchestrator coordinator export" has printed, whole',
      details: { line },
    },
  );
}
