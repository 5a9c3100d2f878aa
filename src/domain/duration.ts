const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

type Unit = keyof typeof UNITS;

/** How a duration is written, for messages. */
export const DURATION_PROBLEM = "must be a duration such as 500ms, 30s, 5m, 2h or 7d";

/** Milliseconds of `500ms`, `30s`, `1.5m`, `2h` or `7d`; null where the text is no duration. */
export function parseDuration(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim());
  if (match === null) return null;
  const ms = Number(match[1]) * UNITS[match[2] as Unit];
  return Number.isSafeInteger(Math.round(ms)) ? Math.round(ms) : null;
}

/** Shortest exact form: 90,000 is `90s`, 3,600,000 is `1h`. The inverse of `parseDuration`. */
export function formatDuration(ms: number): string {
  const units = (Object.keys(UNITS) as Unit[]).reverse();
  const unit = units.find((candidate) => ms >= UNITS[candidate] && ms % UNITS[candidate] === 0);
  return unit === undefined ? `${ms}ms` : `${ms / UNITS[unit]}${unit}`;
}
