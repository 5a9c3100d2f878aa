interface BaseOption {
  /** One line for help, man page and docs; no period. */
  readonly help: string;
  /** One letter, given with a single dash. */
  readonly short?: string;
  readonly required?: boolean;
  /** Value used where the option is not given, for people to read; applied by the command. */
  readonly default?: string;
}

/** What shell completion offers as a value. */
export type Completes =
  | "task"
  | "held-task"
  | "task-or-member"
  | "member"
  | "member-id"
  | "message"
  | "chain"
  | "requirement"
  | "context-key"
  | "config-key"
  | "command"
  | "file"
  | "directory";

interface TextOption extends BaseOption {
  readonly placeholder: string;
  /** The only values that are taken. */
  readonly choices?: readonly string[];
  /** Offered by completion and shown in help, but any other value is taken too. */
  readonly known?: readonly string[];
  readonly completes?: Completes;
  /** Where tasks, chains or requirements complete it: the states of those that are offered. */
  readonly among?: readonly string[];
}

/**
 * One option of a command. A `text` is taken as it stands, also where it begins with a dash; a
 * `list` may be repeated, and each value split at commas; `pairs` are repeated `key=value`; a
 * `duration` is milliseconds; a `moment` a time in ISO 8601, or a duration from now.
 */
export type OptionSpec =
  | BaseOption & { readonly type: "flag" }
  | TextOption & { readonly type: "text" }
  | TextOption & { readonly type: "list" }
  | BaseOption & {
    readonly type: "integer";
    readonly placeholder: string;
    readonly min: number;
    readonly max: number;
  }
  | BaseOption & { readonly type: "number"; readonly placeholder: string; readonly min: number }
  | BaseOption & { readonly type: "duration"; readonly placeholder: string }
  | BaseOption & { readonly type: "moment"; readonly placeholder: string }
  | BaseOption & { readonly type: "pairs"; readonly placeholder: string };

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** A time given on the command line: absolute, or so many ms from now. */
export type Moment = { readonly at: number } | { readonly in: number };

export type OptionValue =
  | boolean
  | string
  | number
  | Moment
  | readonly string[]
  | Readonly<Record<string, string>>
  | undefined;

type Choice<S> = S extends { readonly choices: readonly (infer C)[] } ? C : string;
type Given<S extends OptionSpec> = S["type"] extends "text" ? Choice<S>
  : S["type"] extends "integer" | "number" | "duration" ? number
  : S["type"] extends "moment" ? Moment
  : never;
type ValueOf<S extends OptionSpec> = S["type"] extends "flag" ? boolean
  : S["type"] extends "list" ? readonly Choice<S>[]
  : S["type"] extends "pairs" ? Readonly<Record<string, string>>
  : S extends { readonly required: true } ? Given<S>
  : Given<S> | undefined;

/** The values of a command's options, by the names they are given under. */
export type Values<O extends OptionSpecs> = { readonly [K in keyof O]: ValueOf<O[K]> };
