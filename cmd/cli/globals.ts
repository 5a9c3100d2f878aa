import type { OptionSpecs, Values } from "./options.ts";

export const OUTPUT_FORMATS = ["json", "jsonl", "table", "prometheus"] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** Options of every command, given before or after its name. */
export const GLOBAL_OPTIONS = {
  zookeeper: {
    type: "text",
    short: "z",
    placeholder: "hosts",
    help: "ZooKeeper servers, host:port,host:port/chroot (environment: ZK_HOSTS)",
    default: "127.0.0.1:2181",
  },
  "instance-id": {
    type: "text",
    short: "i",
    placeholder: "id",
    help: "Who is acting (environment: CLAUDE_ORCHESTRATOR_INSTANCE_ID)",
    completes: "member",
  },
  output: {
    type: "text",
    placeholder: "format",
    choices: OUTPUT_FORMATS,
    help: "Form of the data on stdout; prometheus: status only",
    default: "json; streams: jsonl",
  },
  timeout: {
    type: "duration",
    placeholder: "duration",
    help: "Give up after this long, with status 124: 500ms, 30s, 5m",
  },
  quiet: {
    type: "flag",
    short: "q",
    help: "Print no warnings, no notes, and no events beside the result",
  },
  verbose: { type: "flag", help: "Say on stderr what is being done" },
  "no-color": { type: "flag", help: "No colours (environment: NO_COLOR, FORCE_COLOR)" },
  version: { type: "flag", help: "Print version, build, runtime and platform" },
  help: { type: "flag", short: "h", help: "Print help" },
} as const satisfies OptionSpecs;

export type Globals = Values<typeof GLOBAL_OPTIONS>;
