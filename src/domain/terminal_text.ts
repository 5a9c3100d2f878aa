// Texts that others wrote, made harmless for a terminal.

const ESC = "\\x1b";
/** CSI, then the string sequences (OSC, DCS, SOS, PM, APC) up to their end, then two-byte escapes. */
const ESCAPES = new RegExp(
  [
    `(?:${ESC}\\[|\\x9b)[0-?]*[ -/]*[@-~]?`,
    `(?:${ESC}[\\]PX^_]|[\\x9d\\x90\\x98\\x9e\\x9f])[^\\x07\\x1b\\x9c]*(?:\\x07|\\x9c|${ESC}\\\\)?`,
    `${ESC}[ -/]*[0-~]?`,
  ].join("|"),
  "g",
);
/** Other control characters, and those that reorder or hide what stands beside them. */
const CONTROLS = /(?![\n\t])[\p{Cc}\p{Bidi_Control}\u2028\u2029\ufeff]/gu;

/**
 * Text that a terminal may be given: escape sequences and control characters are gone, but for line
 * feed and tab. Whatever comes from an agent, a task or a message passes through here first.
 */
export function terminalText(text: string): string {
  return text.replace(/\r\n?/g, "\n").replace(ESCAPES, "").replace(CONTROLS, "");
}

/** One line of terminal text, cut to `max` characters. */
export function terminalLine(text: string, max = 200): string {
  const line = terminalText(text).replace(/\s+/g, " ").trim();
  const chars = [...line];
  return chars.length > max ? `${chars.slice(0, max - 1).join("")}…` : line;
}
