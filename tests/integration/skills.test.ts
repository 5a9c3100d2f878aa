import { execFile } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { nodeFiles } from "../../src/platform/node/files.ts";
import { systemClock } from "../../src/platform/node/system_clock.ts";
import { systemRandom } from "../../src/platform/node/system_random.ts";
import { runSetup } from "../../src/setup/setup.ts";
import { SKILLS } from "../../src/templates/skills.ts";
import { claudeEnvironment, claudePath } from "../support/claude_cli.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

/** The first event that the real Claude Code prints, before it asks its API anything. */
function firstEvent(cwd: string, env: Record<string, string>): Promise<{ skills: string[] }> {
  const words = ["-p", "hi", "--output-format", "stream-json", "--verbose"];
  return new Promise((resolve) => {
    const child = execFile(claudePath() ?? "claude", words, { cwd, env }, (_error, stdout) => {
      resolve(JSON.parse(stdout.split("\n", 1)[0] ?? ""));
    });
    child.stdin?.end();
  });
}

test("Claude Code finds every skill that setup writes", async () => {
  const directory = temporaryDirectory({ "project/file": "" });
  const cwd = join(directory, "project");
  const environment = { files: nodeFiles, clock: systemClock, random: systemRandom };
  const request = { global: false, leader: false, force: false, name: "Bob" };
  await runSetup({ cwd, home: directory, ...request }, environment);
  const { skills } = await firstEvent(
    cwd,
    claudeEnvironment({ directory, apiUrl: "http://127.0.0.1:9" }),
  );
  expect(Object.keys(SKILLS).filter((name) => !skills.includes(name))).toEqual([]);
});
