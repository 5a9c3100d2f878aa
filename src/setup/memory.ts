import type { Files } from "../platform/files.ts";
import { asBlock, withBlock } from "../templates/marked_block.ts";

/** What became of a file: made or changed; left because it is somebody's; as it should be already. */
export type Outcome = "written" | "kept" | "skipped";

/**
 * Writes a text into a file that people write in too: a file that is missing is made, of one that is there
 * only the marked block is replaced, and one without a block is kept as it is.
 */
export function writeMemory(files: Files, path: string, text: string): Outcome {
  const present = files.read(path);
  const wanted = present === null ? asBlock(text) : withBlock(present, text);
  if (wanted === null) return "kept";
  if (wanted === present) return "skipped";
  files.replace(path, wanted, files.status(path)?.mode ?? 0o644);
  return "written";
}
