/** Variable by which OpenTelemetry is told what a process is about. */
export const RESOURCE_VARIABLE = "OTEL_RESOURCE_ATTRIBUTES";

const PREFIX = "claude_orchestrator.";

/** Characters of an encoded value: Claude Code 2.1.330 leaves out attributes with longer ones; measured. */
const MAX_VALUE = 255;

/** What a run is about, by short names such as `task_id`; null and "" are left out. */
export type RunAttributes = Readonly<Record<string, string | number | null | undefined>>;

/**
 * `OTEL_RESOURCE_ATTRIBUTES` with the run's own attributes at its end, under `claude_orchestrator.`.
 * What was set before stays as it is, but for attributes of another run: an agent may itself
 * start a team. Values are percent-encoded as those of W3C baggage.
 */
export function resourceAttributes(before: string | undefined, run: RunAttributes): string {
  const kept = (before ?? "").split(",").map((pair) => pair.trim())
    .filter((pair) => pair !== "" && !pair.startsWith(PREFIX));
  const own = Object.entries(run)
    .map(([name, value]) => [name, String(value ?? "")] as const)
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `${PREFIX}${name}=${encoded(value)}`);
  return [...kept, ...own].join(",");
}

/** Percent-encoded, and cut after a whole character where it is too long. */
function encoded(value: string): string {
  let text = "";
  for (const character of value) {
    const next = encodedCharacter(character);
    if (text.length + next.length > MAX_VALUE) break;
    text += next;
  }
  return text;
}

function encodedCharacter(character: string): string {
  if (/^[\w.~:/@+-]$/.test(character)) return character;
  // A lone surrogate becomes the replacement character, where encodeURIComponent would throw.
  const bytes = new TextEncoder().encode(character);
  return [...bytes].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
}
