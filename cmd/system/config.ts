import { OrchestratorError } from "../../src/domain/errors.ts";
import { defineCommand, type Deps } from "../cli/command.ts";
import type { Column } from "../cli/grid.ts";
import type { DescribedValue } from "../../src/config/describe.ts";

const COLUMNS: readonly Column<DescribedValue & { readonly key: string }>[] = [
  { title: "KEY", cell: ({ key }) => key, min: 16 },
  { title: "VALUE", cell: ({ value }) => String(value ?? "-"), min: 12 },
  { title: "SOURCE", cell: ({ source }) => source, min: 7 },
  { title: "FROM", cell: ({ from }) => from ?? "-" },
];

/** Shows the effective configuration, or changes one key of a file. */
export default defineCommand({
  description:
    "What is said first counts: an option, the environment, the project's file, the user's file, " +
    "the default. Without an action: all values, each with where it comes from; secrets are masked.",
  options: {
    global: { type: "flag", help: "set, unset: the user's file instead of the project's" },
  },
  positionals: [
    {
      name: "action",
      help: "What to do; none: show all values",
      optional: true,
      choices: ["get", "set", "unset", "path"],
    },
    {
      name: "key",
      help: "For get, set and unset, such as zookeeper.url",
      optional: true,
      completes: "config-key",
    },
    { name: "value", help: "New value, for set", optional: true },
  ],
  examples: [
    { says: "What counts, and why", command: "claude-orchestrator config --output table" },
    {
      says: "The team's servers, for all projects",
      command: "claude-orchestrator config set --global zookeeper.url zk1:2181,zk2:2181,zk3:2181",
    },
    { says: "One value", command: "claude-orchestrator config get role | jq -r .value" },
  ],
  output: { kind: "document", schema: async () => (await import("../schemas.ts")).ConfigOutput },
  run: async (deps, options, [action, key, value]) => {
    if (action === undefined) return await showAll(deps);
    if (action === "path") return await showPaths(deps);
    if (key === undefined) throw missing("key");
    if (action === "get") return await showOne(deps, key);
    if (action === "set" && value === undefined) throw missing("value");
    await change(deps, key, action === "set" ? value : undefined, options.global);
  },
});

function missing(argument: string): OrchestratorError {
  return new OrchestratorError("USAGE", `Missing argument <${argument}>`);
}

async function showAll(deps: Deps): Promise<void> {
  const { describeConfig } = await import("../../src/config/describe.ts");
  const described = describeConfig(await deps.config());
  if (deps.globals.output !== "table") return await deps.out.document(described);
  const rows = Object.entries(described.values).map(([key, value]) => ({ key, ...value }));
  await deps.out.list(rows, COLUMNS);
}

async function showPaths(deps: Deps): Promise<void> {
  await deps.out.document({ v: 1, ...(await deps.config()).paths });
}

async function showOne(deps: Deps, name: string): Promise<void> {
  const [{ describeValue }, { requireKey }, config] = await Promise.all([
    import("../../src/config/describe.ts"),
    import("../../src/config/store.ts"),
    deps.config(),
  ]);
  const key = requireKey(name);
  await deps.out.document({ v: 1, key, ...describeValue(config, key) });
}

async function change(
  deps: Deps,
  name: string,
  value: string | undefined,
  isGlobal: boolean,
): Promise<void> {
  const [{ setKey, unsetKey }, config, files, clock, random] = await Promise.all([
    import("../../src/config/store.ts"),
    deps.config(),
    deps.files(),
    deps.clock(),
    deps.random(),
  ]);
  const path = isGlobal ? config.paths.global : config.paths.project;
  const environment = { files, clock, random };
  const key = value === undefined
    ? await unsetKey(environment, path, name)
    : await setKey(environment, path, name, value);
  await deps.out.document({ v: 1, status: value === undefined ? "unset" : "set", key, path });
}
