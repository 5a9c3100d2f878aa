import { terminalLine, terminalText } from "../domain/terminal_text.ts";
import type { AgentEvent } from "./event_stream.ts";

export { terminalLine, terminalText };

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
