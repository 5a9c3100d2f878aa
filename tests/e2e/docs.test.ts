import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import {
  besideShellBlocks,
  isAsShown,
  runBlocks,
  shellBlocks,
} from "../support/document_blocks.ts";
import { shownCommands } from "../support/documented_commands.ts";
import { freePorts } from "../support/free_port.ts";
import { git, gitEnv } from "../support/git_bench.ts";
import { connectTo } from "../support/task_team.ts";
import { plantUpstreamTree } from "../support/upstream_tree.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

interface Document {
  readonly path: string;
  /** Shell blocks that it has at least. */
  readonly blocks: number;
  /** What is found in all that they print, where the document does not show it. */
  readonly texts?: readonly string[];
  readonly prepare?: (zk: ZooKeeper) => Promise<void>;
  /** Files of one commit, where it wants to be read in a git repository. */
  readonly repository?: Readonly<Record<string, string>>;
  /** No server is configured before it does so itself. */
  readonly isWithoutServer?: boolean;
  /** Servers that it names together, or the first alone: each stands for the one there is. */
  readonly servers?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Commands that it shows and that are not run, by how they begin, and why they are not. */
  readonly notRun?: Readonly<Record<string, string>>;
}

/** Agents that are played, as quickly as they can be. */
const REHEARSAL = {
  CLAUDE_ORCHESTRATOR_AGENT: "rehearsal",
  CLAUDE_ORCHESTRATOR_REHEARSE: "time=50ms",
};
const NAMES_SERVERS = "names servers that a reader has";
const FOLLOWS = "ends by Ctrl+C alone";

const DOCUMENTS: readonly Document[] = [
  {
    path: "README.md",
    blocks: 7,
    texts: ["4000", '"retry_count":1', "TASK_NOT_FOUND", '\n{"id":"task-0000000002"'],
    notRun: {
      "run --check": "runs npm in the reader's own project",
      "leader": "begins a session of several terminals, with the reader's own agent",
      "register --name Jerry": "is one of these terminals",
      "submit": "is one of these terminals",
      'push-task --title "Add a health check"': "is one of these terminals",
    },
  },
  { path: "docs/jq-cookbook.md", blocks: 35 },
  { path: "docs/concepts.md", blocks: 1 },
  { path: "docs/json.md", blocks: 2 },
  {
    path: "docs/operations.md",
    blocks: 4,
    notRun: {
      "config set --global zookeeper.url": NAMES_SERVERS,
      "config set zookeeper.root_path": "would leave the team of the other blocks",
      "doctor": "fails where no agent is installed",
      "events --follow": FOLLOWS,
      "list-chains": "is one of three ways to look",
    },
  },
  {
    path: "docs/upstream.md",
    blocks: 1,
    prepare: plantUpstreamTree,
    notRun: {
      "config set --global zookeeper.root_path": "would leave the tree of the other block",
    },
  },
  {
    path: "docs/coordinator.md",
    blocks: 4,
    isWithoutServer: true,
    servers: "zk1:2181,zk2:2181,zk3:2181",
  },
  {
    path: "docs/ensemble.md",
    blocks: 2,
    isWithoutServer: true,
    servers: "zk1:2181,zk2:2181,zk3:2181",
  },
  { path: "docs/hooks.md", blocks: 2 },
  { path: "docs/agents.md", blocks: 5, notRun: { "--": "is a mark in a file, and no command" } },
  {
    path: "docs/run.md",
    blocks: 3,
    repository: { "todo.md": "Say hello.\n" },
    env: REHEARSAL,
  },
  {
    path: "docs/worktrees.md",
    blocks: 2,
    repository: { "README.md": "A project.\n" },
    env: REHEARSAL,
  },
  { path: "docs/rehearsal.md", blocks: 3, env: REHEARSAL },
];

/** A directory with the program under both of its names, as it was built. */
function fillProgramDirectory(directory: string): void {
  const executable = resolve("dist/claude-orchestrator");
  if (existsSync(executable)) {
    symlinkSync(executable, join(directory, "claude-orchestrator"));
  } else {
    const script = `#!/bin/sh\nexec ${process.execPath} ${executable}.cjs "$@"\n`;
    writeFileSync(join(directory, "claude-orchestrator"), script);
    chmodSync(join(directory, "claude-orchestrator"), 0o755);
  }
  symlinkSync(join(directory, "claude-orchestrator"), join(directory, "cco"));
}

function makeProject(project: string, files: Document["repository"]): void {
  mkdirSync(project, { recursive: true });
  for (const [name, text] of Object.entries(files ?? { file: "" })) {
    writeFileSync(join(project, name), text);
  }
  if (files === undefined) return;
  git(project, "init", "--quiet", "--initial-branch", "main");
  git(project, "add", ".");
  git(project, "commit", "--quiet", "--message", "Begin");
}

/** What is left of stderr without notes, and without the events that `run` tells there. */
function amiss(errors: string): string {
  return errors.split("\n").filter((line) => !/^\{"(note|type)":/.test(line)).join("\n");
}

// Some of what they make belongs to credentials of theirs, and cannot be removed by those of others.
describeWithZooKeeper("the documents", (server) => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "documents-"));
    mkdirSync(join(directory, "bin"));
    fillProgramDirectory(join(directory, "bin"));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test.concurrent.for(DOCUMENTS)(
    "what $path shows works, in an empty home",
    { timeout: 300_000 },
    async (document, { expect, onTestFinished }) => {
      const { path, blocks: least, texts = [], prepare } = document;
      const home = mkdtempSync(join(directory, "home-"));
      const project = join(home, "project");
      makeProject(project, document.repository);
      const hosts = `${server.hosts}${await server.freshRoot()}`;
      if (prepare !== undefined) {
        const zk = await connectTo(hosts);
        await prepare(zk).finally(() => zk.close());
      }
      const [port] = await freePorts(1);
      const env = {
        ...gitEnv(),
        ...document.env,
        HOME: home,
        PATH: [join(directory, "bin"), process.env["PATH"]].join(delimiter),
        // Runs are counted there: a busy machine is not to make one of them again.
        CLAUDE_ORCHESTRATOR_LIMITS_SESSION_TIMEOUT: "30s",
        CLAUDE_ORCHESTRATOR_COORDINATOR_PORT: String(port),
        ...document.isWithoutServer === true ? {} : { ZK_HOSTS: hosts },
      };
      if (document.isWithoutServer === true) {
        const program = join(directory, "bin/claude-orchestrator");
        onTestFinished(() =>
          void execFileSync(program, ["coordinator", "stop"], { env, stdio: "ignore" })
        );
      }
      const { servers = "no servers" } = document;
      const [first = servers] = servers.split(",");
      const text = readFileSync(path, "utf8").replaceAll(servers, hosts);
      const blocks = shellBlocks(text.replaceAll(first, server.hosts));
      expect(blocks.length).toBeGreaterThanOrEqual(least);
      const { printed, errors, status } = await runBlocks(blocks, env, project);
      const last = printed.at(-1);
      expect({ status, errors: amiss(errors), last }).toEqual({ status: 0, errors: "", last });
      for (const [index, { line, output: shown }] of blocks.entries()) {
        const output = printed[index]?.output ?? "";
        // A step of a pipe that fails leaves jq with nothing, or null, to print.
        expect({ line, output }).not.toEqual({ line, output: expect.stringMatching(/^null$/m) });
        if (shown === null || isAsShown(output, shown)) continue;
        expect({ line, output }).toEqual({ line, output: shown });
      }
      const all = printed.map(({ output }) => output).join("");
      for (const text of texts) expect(all).toContain(text);
    },
  );
}, { mistreats: true });

test("every document with a block for a shell is run", () => {
  const paths = [...globSync("docs/*.md"), "README.md"];
  const withBlocks = paths.filter((path) => shellBlocks(readFileSync(path, "utf8")).length > 0);
  expect(withBlocks.sort()).toEqual(DOCUMENTS.map(({ path }) => path).sort());
});

test.each(DOCUMENTS)("of what $path shows beside its blocks, it is said why it is not run", ({
  path,
  notRun = {},
}) => {
  const text = besideShellBlocks(readFileSync(path, "utf8"));
  const shown = shownCommands(text).filter(({ whole }) => whole).map(({ text }) => text);
  const reasons = Object.keys(notRun);
  const of = (command: string) => reasons.filter((reason) => command.startsWith(reason));
  expect(shown.filter((command) => of(command).length === 0)).toEqual([]);
  expect(reasons.filter((reason) => !shown.some((command) => of(command).includes(reason))))
    .toEqual([]);
});

describe("what is shown", () => {
  test.each([
    ["a\n", "a\n", true],
    ["a\n", "b\n", false],
    ["a (1) b\n", "a (…) b\n", true],
    ["a\nb\nc\n", "a\n…\nc\n", true],
    ["a\nc\n", "a\n…\nc\n", true],
    ["a\nb\nd\n", "a\n…\nc\n", false],
    ["a\nextra\n", "a\n", false],
    ["", "…\n", true],
  ])("%j printed, %j shown: %s", (printed, shown, is) => {
    expect(isAsShown(printed, shown)).toBe(is);
  });
});
