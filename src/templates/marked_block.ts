/** The lines between which a file of somebody else's is ours. */
export const BLOCK_BEGIN = "<!-- claude-orchestrator -->";
export const BLOCK_END = "<!-- /claude-orchestrator -->";

const MARK = /^<!-- (\/?)claude-orchestrator -->[ \t]*\r?$/gm;

/** Text as a file of its own: a block and nothing else. */
export function asBlock(text: string): string {
  return `${BLOCK_BEGIN}\n${text.trim()}\n${BLOCK_END}\n`;
}

/**
 * A text whose one block holds something else now, everything around it as it was, to the byte; null where
 * there is no block, several, or one without its end: then nobody can tell what in it is ours.
 */
export function withBlock(present: string, text: string): string | null {
  const [begin, end, ...more] = [...present.matchAll(MARK)];
  if (begin === undefined || end === undefined || more.length > 0) return null;
  if (begin[1] !== "" || end[1] === "") return null;
  const line = begin[0].endsWith("\r") ? "\r\n" : "\n";
  const inner = text.trim().replaceAll(/\r?\n/g, line);
  return present.slice(0, begin.index + begin[0].length) + `\n${inner}${line}` +
    present.slice(end.index);
}

/** Whether a text is one block, and nothing of anybody else's stands around it. */
export function isBlockAlone(present: string): boolean {
  const [begin, end, ...more] = [...present.matchAll(MARK)];
  if (begin?.[1] !== "" || end?.[1] !== "/" || more.length > 0) return false;
  const around = present.slice(0, begin.index) + present.slice(end.index + end[0].length);
  return around.trim() === "";
}

/** A text without the lines of the marks. */
export function withoutMarks(text: string): string {
  return text.replaceAll(MARK, "");
}
