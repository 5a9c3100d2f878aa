/** `ok`: nothing to do. `warn`: works, but not as well or as safely as it could. `fail`: will not work. */
export type CheckStatus = "ok" | "warn" | "fail";

/** One line of `doctor`. */
export interface Check {
  readonly check: string;
  readonly status: CheckStatus;
  /** What was found, one sentence, no period. */
  readonly message: string;
  /** What to do about it; null where there is nothing to do. */
  readonly remedy: string | null;
}

export function ok(check: string, message: string): Check {
  return { check, status: "ok", message, remedy: null };
}

export function warn(check: string, message: string, remedy: string): Check {
  return { check, status: "warn", message, remedy };
}

export function fail(check: string, message: string, remedy: string): Check {
  return { check, status: "fail", message, remedy };
}
