/** What the terminal can show, and how people read a time of day. */
export interface Looks {
  /** false: ASCII only, where the locale is not UTF-8. */
  readonly unicode: boolean;
  /** The time of day where the terminal stands, `07:41:12`; of ms since 1970. */
  readonly timeOfDay: (ms: number) => string;
}

/** Signs of states; each stands beside a word. All are one column wide. */
export interface Signs {
  readonly leader: string;
  readonly running: string;
  readonly idle: string;
  readonly done: string;
  readonly failed: string;
  readonly waiting: string;
  readonly judged: string;
  readonly later: string;
  readonly attention: string;
  readonly dropped: string;
  readonly back: string;
  readonly dot: string;
  readonly rule: string;
  readonly ellipsis: string;
}

const UNICODE: Signs = {
  leader: "★",
  running: "●",
  idle: "○",
  done: "✓",
  failed: "✗",
  waiting: "…",
  judged: "◇",
  later: "·",
  attention: "!",
  dropped: "–",
  back: "↩",
  dot: "·",
  rule: "─",
  ellipsis: "…",
};

const ASCII: Signs = {
  leader: "*",
  running: "@",
  idle: "o",
  done: "+",
  failed: "x",
  waiting: "~",
  judged: "?",
  later: ".",
  attention: "!",
  dropped: "-",
  back: "<",
  dot: "-",
  rule: "-",
  ellipsis: "~",
};

/** The signs for a terminal. */
export function signsOf({ unicode }: Looks): Signs {
  return unicode ? UNICODE : ASCII;
}

/** Whether a locale is UTF-8: the first of LC_ALL, LC_CTYPE and LANG that is set and not empty says so. */
export function isUtf8(env: Readonly<Record<string, string | undefined>>): boolean {
  const locale = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "";
  return /utf-?8/i.test(locale);
}
