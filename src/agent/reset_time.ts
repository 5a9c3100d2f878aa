const CLOCK_TIME = /resets?\s+(?:at\s+)?(?:([A-Z][a-z]{2})[a-z]*\s+(\d{1,2})(?:,|\s+at)?\s+)?/
  .source + /(\d{1,2})(?::(\d{2}))?\s*([ap])\.?m\.?(?:\s*\(([A-Za-z0-9_+\-/]+)\))?/.source;

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/**
 * When a spent plan is full again, in ms since 1970, from what Claude Code tells people:
 * `resets 3:50pm (Europe/Berlin)`, `resets Nov 25, 9am (UTC)`, or `usage limit reached|1763900000` of
 * older versions. Without a zone the text means UTC here: the agent's own zone is not known. null where
 * the text names no time.
 */
export function resetTime(text: string, now: number): number | null {
  const epoch = /limit reached\|(\d{10})\b/.exec(text)?.[1];
  if (epoch !== undefined) return Number(epoch) * 1000;
  const match = new RegExp(CLOCK_TIME, "i").exec(text);
  if (match === null) return null;
  const [, monthName, day, hour, minute, half, zone = "UTC"] = match;
  const hours = Number(hour) % 12 + (half?.toLowerCase() === "p" ? 12 : 0);
  const minutes = Number(minute ?? 0);
  if (!isZone(zone)) return null;
  const today = wallClock(now, zone);
  const month = monthName === undefined ? -1 : MONTHS.indexOf(monthName);
  if (month === -1) {
    const at = (days: number) =>
      instant(Date.UTC(today.year, today.month, today.day + days, hours, minutes), zone);
    return at(0) > now ? at(0) : at(1);
  }
  const inYear = (year: number) =>
    instant(Date.UTC(year, month, Number(day), hours, minutes), zone);
  // A date of the past week is a limit that has just been lifted; an older one is next year's.
  return inYear(today.year) > now - 7 * 86_400_000 ? inYear(today.year) : inYear(today.year + 1);
}

/** Whether an error tells of the provider's capacity rather than of the user's own limit. */
export function isCapacity(text: string): boolean {
  return /not your usage limit/i.test(text);
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

function wallClock(time: number, zone: string) {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(time);
  const part = (type: string) => Number(parts.find((each) => each.type === type)?.value ?? 0);
  const [year, month, day] = [part("year"), part("month") - 1, part("day")];
  const asUtc = Date.UTC(year, month, day, part("hour"), part("minute"), part("second"));
  return { year, month, day, asUtc };
}

/** The moment at which the clocks of a zone show `wall` (that time, as if it were UTC). */
function instant(wall: number, zone: string): number {
  const offset = (time: number) => wallClock(time, zone).asUtc - Math.floor(time / 1000) * 1000;
  // Twice, since the offset at the first guess may be that of the other side of a clock change.
  const guess = wall - offset(wall);
  return wall - offset(guess);
}
