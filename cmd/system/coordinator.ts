import { OrchestratorError } from "../../src/domain/errors.ts";
import { defineCommand, type Deps } from "../cli/command.ts";
import type { OptionSpecs, Values } from "../cli/options.ts";

const OPTIONS = {
  foreground: { type: "flag", help: "start: stay, and stop at Ctrl+C or SIGTERM" },
  port: {
    type: "integer",
    min: 0,
    max: 65_535,
    placeholder: "port",
    help: "start: port of 127.0.0.1 to listen on; 0 takes one that is free",
    default: "coordinator.port",
  },
  "data-dir": {
    type: "text",
    placeholder: "dir",
    completes: "directory",
    help: "Directory of its log; one coordinator at a time works in it",
    default: "coordinator.data_dir",
  },
  "idle-timeout": {
    type: "duration",
    placeholder: "duration",
    help: "start: stop when nobody has been connected for so long",
    default: "never",
  },
  file: {
    type: "text",
    placeholder: "path|-",
    completes: "file",
    help: "import: read what export has printed from a file, or with - from stdin",
  },
  overwrite: { type: "flag", help: "import: first remove what is below the root" },
  "take-over": {
    type: "flag",
    help: "import: make everything belong to the zookeeper.auth of here, whoever it belonged to",
  },
} as const satisfies OptionSpecs;

type Options = Values<typeof OPTIONS>;

/** Which options belong to which action. */
const FITTING: Readonly<Record<string, readonly (keyof typeof OPTIONS)[]>> = {
  start: ["foreground", "port", "data-dir", "idle-timeout"],
  status: ["data-dir"],
  stop: ["data-dir"],
  repair: ["data-dir"],
  export: [],
  import: ["file", "overwrite", "take-over"],
};

/** Runs the embedded coordinator, and carries a team's data from one server to another. */
export default defineCommand({
  description:
    "The embedded coordinator is a server of this very program that speaks ZooKeeper's protocol, so that " +
    "one machine needs nothing else. It listens on 127.0.0.1 only, and keeps everything on disk before " +
    "it answers. run, leader and register start it by themselves where no server is configured and none " +
    "answers. export and import work with any ZooKeeper: they carry a team to an ensemble, and back.",
  options: OPTIONS,
  positionals: [
    {
      name: "action",
      help: "What to do",
      choices: ["start", "status", "stop", "export", "import", "repair"],
    },
    { name: "-", help: "import: read stdin", optional: true, choices: ["-"] },
  ],
  examples: [
    {
      says: "In the background, until it is stopped",
      command: "claude-orchestrator coordinator start",
    },
    { says: "How it is", command: "claude-orchestrator coordinator status | jq .status" },
    {
      says: "Move the team to an ensemble",
      command: "claude-orchestrator coordinator export | " +
        "claude-orchestrator -z zk1:2181,zk2:2181 coordinator import -",
    },
    { says: "After a damaged disk", command: "claude-orchestrator coordinator repair" },
  ],
  output: {
    kind: "document",
    schema: async () => (await import("../schemas.ts")).CoordinatorOutput,
    streamsWith: "export",
    streamSchema: async () =>
      (await import("../../src/coordination/transfer/node_line.ts")).TransferLine,
  },
  deadlineMs: null,
  windsDown: true,
  run: async (deps, options, [action = "", dash]) => {
    requireFitting(action, options);
    if (dash !== undefined && action !== "import") {
      throw new OrchestratorError("USAGE", `Unexpected argument "-" for "${action}"`);
    }
    await act(deps, action, options, dash);
  },
});

function requireFitting(action: string, options: Options): void {
  const fitting = FITTING[action] ?? [];
  const names = Object.keys(OPTIONS) as (keyof typeof OPTIONS)[];
  const wrong = names.find((name) =>
    options[name] !== undefined && options[name] !== false && !fitting.includes(name)
  );
  if (wrong === undefined) return;
  throw new OrchestratorError("USAGE", `Option "--${wrong}" does not belong to "${action}"`);
}

async function act(
  deps: Deps,
  action: string,
  options: Options,
  dash: string | undefined,
): Promise<void> {
  if (action === "export") {
    return await (await import("../coordinator/transfer.ts")).printExport(deps);
  }
  if (action === "import") return await importTeam(deps, options, dash);
  const { settingsOf } = await import("../coordinator/settings.ts");
  const settings = await settingsOf(deps, options);
  if (action === "status") {
    return await (await import("../coordinator/status.ts")).printStatus(deps, settings);
  }
  if (action === "stop") return await (await import("../coordinator/stop.ts")).stop(deps, settings);
  if (action === "repair") {
    return await (await import("../coordinator/repair.ts")).repairDirectory(deps, settings);
  }
  if (options.foreground) {
    return await (await import("../coordinator/serve.ts")).serve(deps, settings);
  }
  const { startInBackground } = await import("../coordinator/start.ts");
  const { server, isNew } = await startInBackground(deps, settings);
  await deps.out.document({
    ...server,
    status: isNew ? "started" : "already_running",
    data_dir: settings.dataDirectory,
  });
}

async function importTeam(deps: Deps, options: Options, dash: string | undefined): Promise<void> {
  if ((options.file === undefined) === (dash === undefined)) {
    throw new OrchestratorError("USAGE", "Give the export by --file <path>, or - for stdin");
  }
  const { importFile } = await import("../coordinator/transfer.ts");
  await importFile(deps, {
    file: options.file ?? "-",
    overwrite: options.overwrite,
    takeOver: options["take-over"],
  });
}
