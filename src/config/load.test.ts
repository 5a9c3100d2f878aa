import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../tests/support/temporary_directory.ts";
import { OrchestratorError } from "../domain/errors.ts";
import { nodeFiles } from "../platform/node/files.ts";
import { definitionOf, KEY_NAMES } from "./keys.ts";
import { type FlagValues, loadConfig, type LoadRequest } from "./load.ts";

const FILE = ".claude-orchestrator/config.json";

interface Setting {
  project?: unknown;
  global?: unknown;
  env?: Record<string, string>;
  flags?: FlagValues;
}

const written = (value: unknown) => typeof value === "string" ? value : JSON.stringify(value);

/** Loads with the given files; the command is started two directories below the project. */
function load({ project, global, env = {}, flags = {} }: Setting) {
  const base = temporaryDirectory({
    ...(project === undefined ? {} : { [`home/work/${FILE}`]: written(project) }),
    ...(global === undefined ? {} : { [`home/${FILE}`]: written(global) }),
    "home/work/a/b/file": "",
  });
  const home = join(base, "home");
  const request: LoadRequest = { cwd: join(home, "work/a/b"), home, env, flags, files: nodeFiles };
  return { home, root: join(home, "work"), request, config: () => loadConfig(request) };
}

function errorOf(work: () => unknown): OrchestratorError {
  try {
    work();
  } catch (error) {
    if (error instanceof OrchestratorError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

const url = (host: string) => ({ zookeeper: { url: host } });

test("a flag wins over the environment, that over the project, that over the global file", () => {
  const all = {
    flags: { "zookeeper.url": "flag:1" },
    env: { ZK_HOSTS: "environment:1" },
    project: url("project:1"),
    global: url("global:1"),
  };
  const { flags: _flags, ...withoutFlag } = all;
  const { env: _env, ...withoutEnvironment } = withoutFlag;
  const { project: _project, ...withoutProject } = withoutEnvironment;
  const seen = [all, withoutFlag, withoutEnvironment, withoutProject, {}].map((setting) => {
    const config = load(setting).config();
    return [config.value("zookeeper.url"), config.origin("zookeeper.url").source];
  });
  expect(seen).toEqual([
    ["flag:1", "flag"],
    ["environment:1", "environment"],
    ["project:1", "project"],
    ["global:1", "global"],
    ["127.0.0.1:2181", "default"],
  ]);
});

test("a secret may lie in a file that a variable names; the variable itself wins", () => {
  const { home, request } = load({ project: { zookeeper: { auth: "team:project" } } });
  writeFileSync(join(home, "secret"), "team:from the file\n");
  const variable = "CLAUDE_ORCHESTRATOR_ZOOKEEPER_AUTH";
  const authWith = (env: Record<string, string>) => {
    const config = loadConfig({ ...request, env });
    return [config.value("zookeeper.auth"), config.origin("zookeeper.auth").from];
  };
  const inFile = { [`${variable}_FILE`]: "~/secret" };
  expect(authWith(inFile)).toEqual(["team:from the file", `${variable}_FILE`]);
  expect(authWith({ ...inFile, [variable]: "team:itself" })).toEqual(["team:itself", variable]);
  const missing = errorOf(() => authWith({ [`${variable}_FILE`]: "/nowhere" }));
  expect(missing).toMatchObject({ code: "INVALID_CONFIG", details: { path: "/nowhere" } });
  // What is no secret is not looked for in files.
  const named = loadConfig({ ...request, env: { CLAUDE_ORCHESTRATOR_ROLE_FILE: "/nowhere" } });
  expect(named.value("role")).toBe(null);
});

test("every key can be set by a variable of its own name, and has a default that it accepts", () => {
  const samples: Record<string, string> = {
    hosts: "a:1",
    root_path: "/a",
    credentials: "a:b",
    command: "a",
    agent: "claude",
    line: "a",
    path: "/a",
    name: "a",
    role: "a",
    instance_id: "a",
    duration: "9s",
    count: "9",
    retries: "9",
    money: "9",
    port: "9",
    model: "a",
  };
  const env = Object.fromEntries(KEY_NAMES.map((key) => [
    `CLAUDE_ORCHESTRATOR_${key.replaceAll(".", "_").toUpperCase()}`,
    samples[definitionOf(key).kind] ?? "",
  ]));
  const config = load({ env }).config();
  const defaults = load({}).config();
  for (const key of KEY_NAMES) {
    expect([key, config.origin(key).source]).toEqual([key, "environment"]);
    expect([key, config.value(key)]).not.toEqual([key, null]);
    expect([key, defaults.origin(key)]).toEqual([key, { source: "default", from: null }]);
    if (definitionOf(key).default !== null) expect(defaults.value(key)).not.toBeNull();
  }
});

test("tells the flag, the variable and the file that a value comes from", () => {
  const { root, home, config } = load({
    flags: { "zookeeper.url": "flag:1" },
    env: { ZK_ROOT_PATH: "/other" },
    project: { role: "builder" },
    global: { name: "Bob" },
  });
  const loaded = config();
  expect(loaded.origin("zookeeper.url").from).toBe("--zookeeper");
  expect(loaded.origin("zookeeper.root_path").from).toBe("ZK_ROOT_PATH");
  expect(loaded.origin("role").from).toBe(join(root, FILE));
  expect(loaded.origin("name").from).toBe(join(home, FILE));
});

test("an empty variable counts as not set", () => {
  expect(load({ env: { ZK_HOSTS: "" } }).config().origin("zookeeper.url").source).toBe("default");
});

test("the global file is not taken for a project's, from wherever below the home", () => {
  const { config, root, home, request } = load({ global: url("global:1") });
  expect(config().project).toBeNull();
  expect(config().projectRoot).toBe(request.cwd);
  expect(loadConfig({ ...request, cwd: home }).project).toBeNull();
  expect(root).toContain(home);
});

test("paths expand ~ and are relative to where they were written", () => {
  const inProject = load({ project: { cache_dir: "logs" } });
  expect(inProject.config().value("cache_dir")).toBe(join(inProject.root, "logs"));
  const inGlobal = load({ global: { cache_dir: "logs" } });
  expect(inGlobal.config().value("cache_dir")).toBe(join(inGlobal.home, "logs"));
  const byFlag = load({ flags: { cache_dir: "logs" } });
  expect(byFlag.config().value("cache_dir")).toBe(join(byFlag.request.cwd, "logs"));
  const tilde = load({ project: { cache_dir: "~/logs/../x" } });
  expect(tilde.config().value("cache_dir")).toBe(join(tilde.home, "x"));
  const byDefault = load({});
  expect(byDefault.config().value("cache_dir")).toBe(
    join(byDefault.home, ".claude-orchestrator/sessions"),
  );
});

test("upstream's spelling of the command is understood, and gives way to ours", () => {
  const upstream = { commands: { "claude-cli": "claude --x", "leader-sync": null } };
  expect(load({ global: upstream }).config().value("command")).toEqual(["claude", "--x"]);
  expect(load({ global: { ...upstream, command: "mine" } }).config().value("command"))
    .toEqual(["mine"]);
  expect(load({ project: { command: "near" }, global: upstream }).config().value("command"))
    .toEqual(["near"]);
  expect(load({ global: upstream }).config().warnings).toEqual([]);
});

test("a whole file of upstream's is read", () => {
  const config = load({
    global: {
      cache_dir: "~/.claude-orchestrator/sessions",
      commands: { "claude-cli": "claude --permission-mode dontAsk", "leader-sync": null },
      zookeeper: { url: "127.0.0.1:2181", root_path: "/claude-orchestrator", auth: null },
    },
    project: { name: "Bob", role: "builder", instance_id: "0123456789abcdef0123456789abcdef" },
  }).config();
  expect(config.warnings).toEqual([]);
  expect(config.value("instance_id")).toBe("0123456789abcdef0123456789abcdef");
  expect(config.value("zookeeper.auth")).toBeNull();
});

test("unknown keys are warnings that say what was probably meant", () => {
  const { config, root } = load({
    project: {
      limts: 1,
      limits: { stall_timout: "5m" },
      hooks: { x: 1, worker_message_end: "y" },
      zzz: {},
    },
  });
  const path = join(root, FILE);
  expect(config().warnings).toEqual([
    `Unknown key "limts" in ${path} is kept and ignored: did you mean "limits"?`,
    `Unknown key "limits.stall_timout" in ${path} is kept and ignored: did you mean "limits.stall_timeout"?`,
    `Unknown key "hooks.x" in ${path} is kept and ignored`,
    `Unknown key "hooks.worker_message_end" in ${path} is kept and ignored: it has no use here`,
    `Unknown key "zzz" in ${path} is kept and ignored`,
  ]);
});

test.each([
  ["", 1, 1],
  ['{\n  "role": "builder",\n}', 3, 1],
  ["[]", 1, 1],
  ['{\n  "limits": {\n    "run_timeout": 60\n  }\n}', 3, 20],
  ['{"role": "Builder"}', 1, 10],
  ['{\n "zookeeper": "host:1"}', 2, 15],
  ['{"instances": {"Bob": "a/b"}}', 1, 23],
  ['{"instances": []}', 1, 15],
  ['{"commands": {"claude-cli": "it\'s"}}', 1, 29],
])("a broken file %j is an error with its place", (text, line, column) => {
  const { config, root } = load({ project: text });
  const error = errorOf(config);
  expect(error.code).toBe("INVALID_CONFIG");
  expect(error.message).toContain(`${join(root, FILE)}:${line}:${column}: `);
  expect(error.details).toMatchObject({ line, column });
});

test("a broken global file is an error although the project's file would do", () => {
  const error = errorOf(load({ project: {}, global: "{" }).config);
  expect(error.code).toBe("INVALID_CONFIG");
});

test("a byte order mark does no harm", () => {
  expect(load({ project: '\uFEFF{"role": "builder"}' }).config().value("role")).toBe("builder");
});

test("a flag or variable that cannot be used is named", () => {
  const byFlag = errorOf(() => load({ flags: { role: "Bad Role" } }).config().value("role"));
  expect([byFlag.code, byFlag.message]).toEqual([
    "INVALID_INPUT",
    expect.stringContaining("Invalid --role: it must be"),
  ]);
  const byVariable = errorOf(() =>
    load({ env: { ZK_HOSTS: "a b" } }).config().value("zookeeper.url")
  );
  expect([byVariable.code, byVariable.message]).toEqual([
    "INVALID_CONFIG",
    expect.stringContaining("Invalid ZK_HOSTS: it must be"),
  ]);
});

test("a project file that somebody else put into an open directory is ignored, and said so", () => {
  const { root, request } = load({ project: { command: "evil" } });
  chmodSync(root, 0o1777);
  const foreign = {
    ...nodeFiles,
    status: (path: string) => {
      const status = nodeFiles.status(path);
      return status && path.endsWith(".claude-orchestrator") ? { ...status, uid: 4242 } : status;
    },
  };
  const config = loadConfig({ ...request, files: foreign });
  expect(config.origin("command").source).toBe("default");
  expect(config.warnings).toEqual([expect.stringContaining("Ignored ")]);
  expect(loadConfig({ ...request, cwd: root }).value("command")).toEqual(["evil"]);
  expect(loadConfig({ ...request, cwd: root, files: foreign }).warnings).toHaveLength(1);
});

test("a project file in an open directory above counts for nobody below it", () => {
  const { root, request } = load({ project: { command: "mine" } });
  chmodSync(root, 0o1777);
  const config = loadConfig(request);
  expect([config.origin("command").source, config.warnings]).toEqual(["default", []]);
  chmodSync(root, 0o755);
  expect(loadConfig(request).value("command")).toEqual(["mine"]);
});

test("a directory in the place of the file is an error, not silence", () => {
  const { root, config } = load({});
  mkdirSync(join(root, FILE), { recursive: true });
  expect(errorOf(config).message).toMatch(/it is a directory/);
});

test("the nearest project wins", () => {
  const { request } = load({ project: { role: "outer" } });
  mkdirSync(join(request.cwd, ".claude-orchestrator"));
  writeFileSync(join(request.cwd, FILE), '{"role": "inner"}');
  const config = loadConfig(request);
  expect(config.value("role")).toBe("inner");
  expect(config.projectRoot).toBe(request.cwd);
});

test("without any file nothing is read but the places where one could be", () => {
  const { request } = load({});
  const touched: string[] = [];
  const files = {
    ...nodeFiles,
    status: (path: string) => (touched.push(path), nodeFiles.status(path)),
    read: (path: string) => (touched.push(path), nodeFiles.read(path)),
  };
  loadConfig({ ...request, files });
  expect(touched.length).toBe(new Set(touched).size);
  expect(touched.every((path) => path.endsWith(FILE))).toBe(true);
});
