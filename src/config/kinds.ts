import { DURATION_PROBLEM, parseDuration } from "../domain/duration.ts";
import { INSTANCE_ID, type Pattern, ROLE } from "../domain/patterns.ts";
import { splitCommand } from "../domain/command_line.ts";
import { type AgentKind, AGENTS } from "../domain/words.ts";

/*
 * Values are checked by hand rather than by zod: configuration is read by every command before
 * anything else, the keys are twenty scalars, and loading zod takes 8 ms of the 40 that a one-shot
 * command has (Node 24, bundled).
 */

/** What a value may be: its type in the program, by the kind of its key. */
export interface KindValues {
  hosts: string;
  root_path: string;
  credentials: string;
  /** The program and its arguments. */
  command: readonly string[];
  agent: AgentKind;
  /** Name of a model, as an option's value. */
  model: string;
  /** Any text of one line. */
  line: string;
  path: string;
  name: string;
  role: string;
  instance_id: string;
  /** ms */
  duration: number;
  count: number;
  retries: number;
  money: number;
  /** TCP port that can be listened on. */
  port: number;
}

export type Kind = keyof KindValues;

/** A value that was understood, or what is wrong with it: "must be …". */
export type Reading<T> = { readonly ok: true; readonly value: T } | {
  readonly ok: false;
  readonly problem: string;
};

type Read<T> = (input: unknown) => Reading<T>;

const good = <T>(value: T): Reading<T> => ({ ok: true, value });
const bad = (problem: string): Reading<never> => ({ ok: false, problem });

// deno-lint-ignore no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

function text(rule: (value: string) => string | null): Read<string> {
  return (input) => {
    if (typeof input !== "string") return bad("must be a text");
    const value = input.trim();
    if (value === "") return bad("must not be empty");
    if (CONTROL.test(value)) return bad("must not contain control characters");
    const problem = rule(value);
    return problem === null ? good(value) : bad(problem);
  };
}

function matching(pattern: Pattern): Read<string> {
  return text((value) => pattern.regex.test(value) ? null : pattern.problem);
}

/** Numbers may come as text, from a flag, the environment or `config set`. */
function number(problem: string, allowed: (value: number) => boolean): Read<number> {
  return (input) => {
    const value = typeof input === "string" && input.trim() !== "" ? Number(input) : input;
    return typeof value === "number" && allowed(value) ? good(value) : bad(problem);
  };
}

function readCommand(input: unknown): Reading<readonly string[]> {
  const problem = "must be a command line, or an array of its words";
  if (Array.isArray(input)) {
    const words = input.filter((word) => typeof word === "string");
    return words.length === input.length && words[0] ? good(words) : bad(problem);
  }
  if (typeof input !== "string") return bad(problem);
  const split = splitCommand(input);
  if (!split.ok) return bad(`must be a command line: ${split.problem}`);
  return split.words[0] ? good(split.words) : bad("must not be empty");
}

function readAgent(input: unknown): Reading<AgentKind> {
  const agent = AGENTS.find((known) => known === input);
  return agent === undefined ? bad(`must be one of ${AGENTS.join(", ")}`) : good(agent);
}

function readDuration(input: unknown): Reading<number> {
  const ms = typeof input === "string" ? parseDuration(input) : null;
  return ms !== null && ms > 0 ? good(ms) : bad(DURATION_PROBLEM);
}

/** A host and its port, or several, then a chroot: checked in form only. */
const HOSTS = /^(\[[0-9A-Fa-f:.]+\]|[^\s,/:[\]]+)(:\d{1,5})?$/;

function hostsProblem(value: string): string | null {
  const slash = value.indexOf("/");
  const hosts = slash < 0 ? value : value.slice(0, slash);
  return hosts.split(",").every((host) => HOSTS.test(host.trim()))
    ? null
    : "must be host:port,host:port or host:port/chroot";
}

/** Names of models, of versions of them, and of those that a cloud hosts: `opus[1m]`, `arn:aws:…/…`. */
const MODEL: Pattern = {
  regex: /^[A-Za-z0-9][\w.:/@[\]-]{0,255}$/,
  problem: "must be the name of a model, such as opus",
};

const ROOT_PATH = /^(\/[^/\s]+)+$/;

/** How a value of each kind is read, whether it comes from JSON or is typed as text. */
export const READERS: { readonly [K in Kind]: Read<KindValues[K]> } = {
  hosts: text(hostsProblem),
  root_path: text((value) =>
    ROOT_PATH.test(value) && !/\/\.{1,2}(\/|$)/.test(value)
      ? null
      : "must be an absolute path such as /claude-orchestrator, without a slash at its end"
  ),
  credentials: text((value) => /^[^:]+:.+$/.test(value) ? null : "must be user:password"),
  command: readCommand,
  agent: readAgent,
  model: matching(MODEL),
  line: text(() => null),
  path: text(() => null),
  name: text((value) => value.length <= 128 ? null : "must be at most 128 characters"),
  role: matching(ROLE),
  instance_id: matching(INSTANCE_ID),
  duration: readDuration,
  count: number(
    "must be a whole number from 1",
    (value) => Number.isSafeInteger(value) && value >= 1,
  ),
  retries: number(
    "must be a whole number from 0 to 100",
    (value) => Number.isInteger(value) && value >= 0 && value <= 100,
  ),
  money: number(
    "must be an amount over 0",
    (value) => Number.isFinite(value) && value > 0,
  ),
  port: number(
    "must be a port, from 1 to 65535",
    (value) => Number.isInteger(value) && value >= 1 && value <= 65_535,
  ),
};
