import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { problemOf } from "./support/documented_commands.ts";
import { temporaryDirectory } from "./support/temporary_directory.ts";

const PROGRAM = "/usr/local/bin/claude-orchestrator";
const BLOCK = /^```ini\n# (\S+)\n(.*?)^```$/gms;
const UNITS = [...readFileSync("docs/operations.md", "utf8").matchAll(BLOCK)]
  .map(([, name = "", text = ""]) => [name.replace("@.", "@builder."), text] as const);
const hasSystemd = spawnSync("systemd-analyze", ["--version"]).status === 0;

test("the document shows a unit for each part of a team", () => {
  expect(UNITS.map(([name]) => name.replace(/^claude-orchestrator-|\..*$/g, ""))).toEqual([
    "leader",
    "worker@builder",
    "coordinator",
    "metrics",
    "metrics",
  ]);
});

test.each(UNITS.filter(([, text]) => text.includes(PROGRAM)))(
  "%s starts a command that there is",
  async (_, text) => {
    const [, command = ""] = new RegExp(`^ExecStart=${PROGRAM} (.*)$`, "m").exec(text) ?? [];
    const filled = command.replaceAll("%i", "builder").replaceAll("%l", "host");
    expect(await problemOf({ line: 0, text: filled, whole: true })).toBeNull();
  },
);

test.skipIf(!hasSystemd)("systemd takes the units", () => {
  // The program need not be installed where this is tested.
  const files = UNITS.map(([name, text]) => [name, text.replaceAll(PROGRAM, "/bin/true")]);
  const directory = temporaryDirectory(Object.fromEntries(files));
  const paths = UNITS.map(([name]) => join(directory, name));
  const { status, stderr } = spawnSync("systemd-analyze", ["verify", ...paths], {
    encoding: "utf8",
  });
  const about = stderr.split("\n").filter((line) => line.includes(directory));
  expect({ status, about }).toEqual({ status: 0, about: [] });
});
