/** A rule for a text, and how it is put to somebody who broke it. Apart, so that it costs no zod. */
export interface Pattern {
  readonly regex: RegExp;
  readonly problem: string;
}

/** See `InstanceId`. */
export const INSTANCE_ID: Pattern = {
  regex: /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
  problem: "must be 1 to 64 letters, digits, '.', '_' or '-', beginning with a letter or digit",
};

/** See `Role`. */
export const ROLE: Pattern = {
  regex: /^[a-z][a-z0-9-]{0,31}$/,
  problem: "must be a lower-case letter, then up to 31 of a-z, 0-9 and '-'",
};
