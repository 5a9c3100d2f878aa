import { HOOK_POINTS, type HookPoint } from "../domain/hook.ts";
import type { Kind, KindValues } from "./kinds.ts";
import {
  isRoleKey,
  ROLE_SETTINGS,
  type RoleKey,
  type RoleSetting,
  settingOf,
} from "./role_keys.ts";

interface KeyDefinition {
  readonly kind: Kind;
  /** As it would be written in a file; null where there is none. */
  readonly default: string | number | null;
  /** Option of the command line that sets it, for messages. */
  readonly flag?: string;
  /** Variables besides the one that follows from the key's name. */
  readonly environment?: readonly string[];
  /** Shown masked; a file that holds it is written with mode 0600. */
  readonly secret?: true;
  /** One clause for people. */
  readonly about: string;
}

/** The command that a Worker runs unless it is told otherwise. */
export const DEFAULT_COMMAND =
  'claude --permission-mode acceptEdits --allowedTools "Bash(claude-orchestrator *)"';

type HookKeys = {
  readonly [P in HookPoint as `hooks.${P}`]: {
    readonly kind: "command";
    readonly default: null;
    readonly about: string;
  };
};

const HOOK_KEYS = Object.fromEntries(HOOK_POINTS.map((point) => [
  `hooks.${point}`,
  { kind: "command", default: null, about: `command that is run at ${point}` },
])) as HookKeys;

/** Every key that is the same in every configuration. Keys are added, never renamed. */
export const KEYS = {
  "zookeeper.url": {
    kind: "hosts",
    default: "127.0.0.1:2181",
    flag: "--zookeeper",
    environment: ["ZK_HOSTS"],
    about: "servers, host:port,host:port/chroot",
  },
  "zookeeper.root_path": {
    kind: "root_path",
    default: "/claude-orchestrator",
    environment: ["ZK_ROOT_PATH"],
    about: "node under which the team keeps everything",
  },
  "zookeeper.auth": {
    kind: "credentials",
    default: null,
    secret: true,
    about: "user:password; with it, only this user can read and change the team's nodes",
  },
  "zookeeper.tls.ca": {
    kind: "path",
    default: null,
    about: "PEM file of the authority that signed the servers' certificates; turns TLS on",
  },
  "zookeeper.tls.cert": {
    kind: "path",
    default: null,
    about: "PEM file of the client's certificate",
  },
  "zookeeper.tls.key": {
    kind: "path",
    default: null,
    about: "PEM file of the client's private key",
  },
  "zookeeper.tls.server_name": {
    kind: "name",
    default: null,
    about: "name expected in the servers' certificates, where it is not their host",
  },
  "coordinator.port": {
    kind: "port",
    default: 2181,
    about: "port of the embedded coordinator; zookeeper.url follows it where nothing else is set",
  },
  "coordinator.data_dir": {
    kind: "path",
    default: "~/.claude-orchestrator/coordinator",
    about: "directory in which the embedded coordinator keeps its log",
  },
  "coordinator.idle_timeout": {
    kind: "duration",
    default: "1h",
    about: "time without any connection after which a coordinator that was started by itself stops",
  },
  "command": {
    kind: "command",
    default: DEFAULT_COMMAND,
    flag: "--command",
    about: "agent that a Worker runs; a command line, never given to a shell",
  },
  "model": {
    kind: "model",
    default: null,
    about: "model that a claude command is run with, where the command names none",
  },
  "agent": {
    kind: "agent",
    default: null,
    flag: "--agent",
    about: "claude, command (the one that is configured), or rehearsal",
  },
  "rehearse": {
    kind: "line",
    default: null,
    flag: "--rehearse",
    about: "what goes wrong in a rehearsal",
  },
  "cache_dir": {
    kind: "path",
    default: "~/.claude-orchestrator/sessions",
    flag: "--cache-dir",
    about: "directory of the agents' logs and results",
  },
  "name": { kind: "name", default: null, flag: "--name", about: "name of the member" },
  "role": { kind: "role", default: null, flag: "--role", about: "role of the member" },
  "instance_id": {
    kind: "instance_id",
    default: null,
    flag: "--instance-id",
    about: "id of the member; written by register",
  },
  "limits.connect_timeout": {
    kind: "duration",
    default: "5s",
    about: "how long a command tries to reach ZooKeeper",
  },
  "limits.session_timeout": {
    kind: "duration",
    default: "10s",
    about: "silence after which an attached member counts as gone",
  },
  "limits.lease": {
    kind: "duration",
    default: "10m",
    about: "silence after which a leased member (register without --work-dir) counts as gone",
  },
  "limits.stall_timeout": {
    kind: "duration",
    default: "10m",
    about: "silence of an agent after which its run is stopped",
  },
  "limits.run_timeout": {
    kind: "duration",
    default: "1h",
    about: "longest run of an agent",
  },
  "limits.capacity": {
    kind: "count",
    default: 1,
    flag: "--capacity",
    about: "runs at once of one Worker",
  },
  "limits.max_retries": {
    kind: "retries",
    default: 3,
    flag: "--max-retries",
    about: "times that a task is queued again before it stays failed",
  },
  "limits.max_turns": {
    kind: "count",
    default: null,
    flag: "--max-turns",
    about: "turns that one run may take",
  },
  "limits.budget_usd": {
    kind: "money",
    default: null,
    flag: "--budget-usd",
    about: "US dollars that one run may cost",
  },
  "limits.budget_tokens": {
    kind: "count",
    default: null,
    flag: "--budget-tokens",
    about: "tokens that one run of Claude Code may use, read and written together",
  },
  "limits.hook_timeout": {
    kind: "duration",
    default: "30s",
    about: "longest run of a hook",
  },
  "retention.tasks": {
    kind: "duration",
    default: "30d",
    about: "how long finished tasks, chains and requirements are kept",
  },
  "retention.messages": {
    kind: "duration",
    default: "24h",
    about: "how long read messages are kept",
  },
  "retention.journal": {
    kind: "duration",
    default: "30d",
    about: "how long the journal is kept",
  },
  ...HOOK_KEYS,
} as const satisfies Record<string, KeyDefinition>;

/** A key that is the same in every configuration. */
export type FixedKey = keyof typeof KEYS;

/** A key: a fixed one, or one of a role. */
export type Key = FixedKey | RoleKey;

/** Type of a key's effective value; durations are in milliseconds. */
export type ValueOf<K extends Key> = K extends FixedKey
  ? KindValues[(typeof KEYS)[K]["kind"]] | ((typeof KEYS)[K]["default"] extends null ? null : never)
  : K extends RoleKey<infer S> ? KindValues[(typeof ROLE_SETTINGS)[S]["kind"]] | null
  : never;

/** The keys that are the same in every configuration. */
export const KEY_NAMES: readonly FixedKey[] = Object.keys(KEYS) as FixedKey[];

function isFixed(name: string): name is FixedKey {
  return Object.hasOwn(KEYS, name);
}

/** Whether a text is the name of a key. */
export function isKey(name: string): name is Key {
  return isFixed(name) || isRoleKey(name);
}

const ROLE_DEFINITIONS = Object.fromEntries(
  Object.entries(ROLE_SETTINGS).map(([setting, { kind, general }]) => [
    setting,
    { kind, default: null, about: `${general} for the members of one role` },
  ]),
) as Record<RoleSetting, KeyDefinition>;

/** What is known of a key, in the type common to all. */
export function definitionOf(key: Key): KeyDefinition {
  if (isFixed(key)) return KEYS[key];
  const setting = settingOf(key);
  if (setting === null) throw new TypeError(`"${key}" is no key`);
  return ROLE_DEFINITIONS[setting];
}

/**
 * Environment variables that set a key, the first that is set wins: its own (`ZK_HOSTS`), then
 * `CLAUDE_ORCHESTRATOR_` and the key in capitals (`CLAUDE_ORCHESTRATOR_LIMITS_RUN_TIMEOUT`), with
 * `_` for what is neither letter nor digit.
 */
export function variablesOf(key: Key): string[] {
  const derived = `CLAUDE_ORCHESTRATOR_${key.replaceAll(/[.-]/g, "_").toUpperCase()}`;
  return [...(definitionOf(key).environment ?? []), derived];
}
