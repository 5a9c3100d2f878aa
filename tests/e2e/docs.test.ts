import { chmodSync, existsSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import { isAsShown, runBlocks, shellBlocks } from "../support/document_blocks.ts";
import { connectTo } from "../support/task_team.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { plantUpstreamTree } from "../support/upstream_tree.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

interface Document {
  readonly path: string;
  /** Shell blocks that it has at least. */
  readonly blocks: number;
  /** What is found in all that they print, where the document does not show it. */
  readonly texts?: readonly string[];
  readonly prepare?: (zk: ZooKeeper) => Promise<void>;
}

const DOCUMENTS: readonly Document[] = [
  {
    path: "README.md",
    blocks: 7,
    texts: ["4000", '"retry_count":1', "TASK_NOT_FOUND", '\n{"id":"task-0000000002"'],
  },
  { path: "docs/jq-cookbook.md", blocks: 35 },
  { path: "docs/concepts.md", blocks: 1 },
  { path: "docs/json.md", blocks: 2 },
  { path: "docs/operations.md", blocks: 4 },
  { path: "docs/upstream.md", blocks: 1, prepare: plantUpstreamTree },
];

/** A directory with the program under both of its names, as it was built. */
function programDirectory(): string {
  const directory = temporaryDirectory();
  const executable = resolve("dist/claude-orchestrator");
  if (existsSync(executable)) {
    symlinkSync(executable, join(directory, "claude-orchestrator"));
  } else {
    const script = `#!/bin/sh\nexec ${process.execPath} ${executable}.cjs "$@"\n`;
    writeFileSync(join(directory, "claude-orchestrator"), script);
    chmodSync(join(directory, "claude-orchestrator"), 0o755);
  }
  symlinkSync(join(directory, "claude-orchestrator"), join(directory, "cco"));
  return directory;
}

// Some of what they make belongs to credentials of theirs, and cannot be removed by those of others.
describeWithZooKeeper("the documents", (server) => {
  test.each(DOCUMENTS)(
    "what $path shows works, in an empty home",
    { timeout: 180_000 },
    async ({ path, blocks: least, texts = [], prepare }) => {
      const home = temporaryDirectory({ "project/file": "" });
      const hosts = `${server.hosts}${await server.freshRoot()}`;
      if (prepare !== undefined) {
        const zk = await connectTo(hosts);
        await prepare(zk).finally(() => zk.close());
      }
      const env = {
        HOME: home,
        PATH: [programDirectory(), process.env["PATH"]].join(delimiter),
        ZK_HOSTS: hosts,
        // Runs are counted there: a busy machine is not to make one of them again.
        CLAUDE_ORCHESTRATOR_LIMITS_SESSION_TIMEOUT: "30s",
      };
      const blocks = shellBlocks(path);
      expect(blocks.length).toBeGreaterThanOrEqual(least);
      const { printed, errors, status } = await runBlocks(blocks, env, join(home, "project"));
      const last = printed.at(-1);
      expect({ status, errors, last }).toEqual({ status: 0, errors: "", last });
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
