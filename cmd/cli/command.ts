import type { Config } from "../../src/config/load.ts";
import type { Team } from "../../src/coordination/team.ts";
import type { Clock } from "../../src/platform/clock.ts";
import type { Files } from "../../src/platform/files.ts";
import type { Random } from "../../src/platform/random.ts";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import type { Output } from "../output.ts";
import type { Globals } from "./globals.ts";
import type { Host } from "./host.ts";
import type { Completes, OptionSpecs, OptionValue, Values } from "./options.ts";

export interface Positional {
  readonly name: string;
  readonly help: string;
  readonly optional?: boolean;
  /** Takes all that follow; only the last one may. */
  readonly rest?: boolean;
  readonly choices?: readonly string[];
  readonly completes?: Completes;
}

export interface Example {
  readonly says: string;
  readonly command: string;
}

/**
 * What a command prints on stdout: one document, a list of items (`[…]`, or one a line with
 * `--output jsonl`), a stream of JSON lines, or plain text. `schema` is loaded only for
 * `schema <command>` and the tests, so that it costs a running command nothing.
 */
export interface OutputSpec {
  readonly kind: "document" | "list" | "stream" | "text";
  readonly schema?: () => Promise<import("zod").ZodType>;
  /** Whether it prints metrics with `--output prometheus`. */
  readonly metrics?: boolean;
  /** What a line of it is with `--watch` (or what `streamsWith` says), where that differs. */
  readonly streamSchema?: () => Promise<import("zod").ZodType>;
  /** The words with which it prints such lines, unless they are `--watch`. */
  readonly streamsWith?: string;
}

export type Group = "chain" | "task" | "message" | "context" | "team" | "system";

export interface Definition<O extends OptionSpecs> {
  /** Paragraphs below the summary in help and docs. */
  readonly description?: string;
  readonly options: O;
  readonly positionals?: readonly Positional[];
  readonly examples: readonly Example[];
  readonly output: OutputSpec;
  /** ms that the whole command may take without `--timeout`; null where waiting is its purpose. */
  readonly deadlineMs?: number | null;
  /** Whether it ends by itself after an interrupt, in its own time; else it gets a second. */
  readonly windsDown?: boolean;
  readonly run: (
    deps: Deps,
    options: Values<O>,
    positionals: readonly string[],
  ) => Promise<void>;
}

/** A command whose option types are no longer known, as the table holds it. */
export interface Command extends Omit<Definition<OptionSpecs>, "run"> {
  readonly run: (
    deps: Deps,
    options: Readonly<Record<string, OptionValue>>,
    positionals: readonly string[],
  ) => Promise<void>;
}

/** One row of the command table: cheap to hold, so that help and suggestions load no command. */
export interface CommandEntry {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly group: Group;
  /** One line, imperative, no period. */
  readonly summary: string;
  readonly hidden?: boolean;
  readonly load: () => Promise<{ readonly default: Command }>;
}

/**
 * What the commands work with, each made on first use: a command that needs no ZooKeeper never
 * connects, and loads none of the code for it.
 */
export interface Deps {
  readonly host: Host;
  readonly globals: Globals;
  readonly out: Output;
  /** Aborted by an interrupt, and when the time of the command is over. */
  readonly signal: AbortSignal;
  /** Every command there is. */
  readonly commands: readonly CommandEntry[];
  clock(): Promise<Clock>;
  random(): Promise<Random>;
  files(): Promise<Files>;
  /** Throws INVALID_CONFIG. */
  config(): Promise<Config>;
  /** Connected. Throws ZooKeeperError. */
  zk(): Promise<ZooKeeper>;
  /** The team below the configured root. */
  team(): Promise<Team>;
  /** Runs when the command ends, before the session closes. */
  onClose(step: () => Promise<void>): void;
  /** Ends the session, if there is one. Never throws. */
  close(): Promise<void>;
}

/** Declares a command: its `run` sees its own options under their own types. */
export function defineCommand<const O extends OptionSpecs>(definition: Definition<O>): Command {
  return {
    ...definition,
    run: (deps, options, positionals) => definition.run(deps, options as Values<O>, positionals),
  };
}
