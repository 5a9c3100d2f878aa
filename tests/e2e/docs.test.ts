import { execFile } from "node:child_process";
import { chmodSync, existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

interface Block {
  readonly line: number;
  readonly script: string;
}

/** The shell blocks of a document, in order; what is not to be run there is fenced otherwise. */
function shellBlocks(path: string): Block[] {
  const text = readFileSync(path, "utf8");
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map((match) => ({
    line: text.slice(0, match.index).split("\n").length,
    script: match[1] ?? "",
  }));
}

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

/** Runs a document's blocks in one shell, as a reader would type them, stopping at what fails. */
function run(blocks: readonly Block[], env: Record<string, string>, cwd: string) {
  const script = blocks.map(({ line, script }) => `echo "# line ${line}"\n${script}`).join("\n");
  return new Promise<{ output: string; errors: string; failed: string | null }>((done) => {
    const child = execFile(
      "bash",
      ["--norc", "-eu", "-c", script],
      { cwd, env, timeout: 120_000 },
      (error, output, errors) => done({ output, errors, failed: error?.message ?? null }),
    );
    child.stdin?.end();
  });
}

describeWithZooKeeper("the documents", (server) => {
  test.each([
    ["README.md", ["4000", '"retry_count":1', "TASK_NOT_FOUND"], /^{"id":"task-0000000002"/m],
    ["docs/jq-cookbook.md", ["Bob is ", "Write the form waits for", '"retry_count":1'], /^2$/m],
  ])(
    "what %s shows works, in an empty home",
    { timeout: 180_000 },
    async (path, texts, pattern) => {
      const home = temporaryDirectory({ "project/file": "" });
      const env = {
        HOME: home,
        PATH: [programDirectory(), process.env["PATH"]].join(delimiter),
        ZK_HOSTS: `${server.hosts}${await server.freshRoot()}`,
      };
      const blocks = shellBlocks(path);
      expect(blocks.length).toBeGreaterThan(4);
      const { output, errors, failed } = await run(blocks, env, join(home, "project"));
      expect({ failed, errors }).toEqual({ failed: null, errors: "" });
      for (const text of texts) expect(output).toContain(text);
      expect(output).toMatch(pattern);
      // A step of a pipe that fails leaves jq with nothing, or null, to print.
      expect(output).not.toMatch(/^null$|^# line \d+\n# line/m);
    },
  );
});
