import type { AgentEvent } from "./event_stream.ts";

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

/** What a person watching a run is shown of an event: lines of terminal text, or none. */
export function progressLines(event: AgentEvent): string[] {
  switch (event.type) {
    case "text":
      return terminalText(event.text).split("\n").filter((line) => line.trim() !== "");
    case "tool_use":
      return [terminalLine(`→ ${event.name} ${subjectOf(event.input)}`)];
    case "tool_result":
      return event.isError ? [terminalLine(`✗ ${event.text}`)] : [];
    case "denied":
      return [terminalLine(`✗ ${event.tool} denied: ${event.message}`)];
    case "api_error":
      return [terminalLine(`✗ ${event.text}`)];
    case "retry":
      return [
        `… request failed (${event.status ?? "no answer"}), attempt ${event.attempt} of ` +
        `${event.maxRetries} in ${Math.round(event.delayMs / 1000)} s`,
      ];
    case "line":
      return [terminalText(event.text)];
    default:
      return [];
  }
}

/** The one field of a tool's input that tells what it is about. */
function subjectOf(input: Readonly<Record<string, unknown>>): string {
  const fields = [
    "command",
    "file_path",
    "path",
    "pattern",
    "url",
    "query",
    "description",
    "prompt",
  ];
  const value = fields.map((field) => input[field]).find((each) => typeof each === "string");
  return typeof value === "string" ? value : JSON.stringify(input);
}
