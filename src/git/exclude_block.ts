import { join } from "node:path";
import type { Files } from "../platform/files.ts";

const BEGIN = "# claude-orchestrator: begin";
const END = "# claude-orchestrator: end";

/** What the program itself puts into a project, at any depth. */
export const OWN_FILES: readonly string[] = [".claude-orchestrator/"];

/**
 * Keeps the program's own files out of `git status`, in `info/exclude` of the repository: that is local,
 * and no file of the project. What is tracked stays tracked. All outside the block is left as it is.
 * Throws OrchestratorError PERMISSION_DENIED, DISK_FULL, IO_FAILED.
 */
export function excludeOwnFiles(
  files: Pick<Files, "read" | "replace" | "status">,
  commonDir: string,
  patterns: readonly string[] = OWN_FILES,
): void {
  const path = join(commonDir, "info", "exclude");
  const before = files.read(path) ?? "";
  const after = withBlock(before, [BEGIN, ...patterns, END].join("\n"));
  if (after !== before) files.replace(path, after, files.status(path)?.mode ?? 0o644);
}

/** A text with the block in it once: in the place of a former one, else at the end. */
export function withBlock(text: string, block: string): string {
  const from = text.indexOf(BEGIN);
  const to = text.indexOf(END, from);
  if (from !== -1 && to !== -1) return text.slice(0, from) + block + text.slice(to + END.length);
  const gap = text === "" || text.endsWith("\n") ? "" : "\n";
  return `${text}${gap}${block}\n`;
}
