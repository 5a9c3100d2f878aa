import { parseDuration } from "../../src/domain/duration.ts";
import type { Moment } from "./options.ts";

/** Longest wait that is taken, in ms: what a timer of JavaScript can hold. */
const MAX_WAIT_MS = 2 ** 31 - 1;

/** Milliseconds of `500ms`, `30s`, `5m`, `2h`, or of a bare number of seconds; else undefined. */
export function parseWait(text: string): number | undefined {
  const seconds = /^\d+(\.\d+)?$/.test(text);
  const ms = seconds ? Math.round(Number(text) * 1000) : parseDuration(text);
  return ms !== null && ms <= MAX_WAIT_MS ? ms : undefined;
}

/** A time in ISO 8601 (UTC where it names no offset), or a duration from now; else undefined. */
export function parseMoment(text: string): Moment | undefined {
  const duration = parseDuration(text);
  if (duration !== null) return { in: duration };
  const iso = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?)?$/;
  if (!iso.test(text)) return undefined;
  const hasOffset = !text.includes("T") || /(Z|[+-]\d{2}:\d{2})$/.test(text);
  const at = Date.parse(hasOffset ? text : `${text}Z`);
  return Number.isNaN(at) ? undefined : { at };
}

/** The moment as ISO 8601 in UTC, seen from `now` (ms since 1970). */
export function resolveMoment(moment: Moment, now: number): string {
  return new Date("at" in moment ? moment.at : now + moment.in).toISOString();
}
