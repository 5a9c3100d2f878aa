import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../tests/support/temporary_directory.ts";
import { nodeFiles } from "../platform/node/files.ts";
import { systemClock } from "../platform/node/system_clock.ts";
import { systemRandom } from "../platform/node/system_random.ts";
import { AGENT_TEMPLATE_NAMES } from "../templates/agents.ts";
import { asBlock } from "../templates/marked_block.ts";
import { ROLE_MEMORIES } from "../templates/role_memory.ts";
import { SKILLS, TEAM_MEMORY } from "../templates/skills.ts";
import { runSetup, type SetupRequest } from "./setup.ts";

const environment = { files: nodeFiles, clock: systemClock, random: systemRandom };
const CONFIG = ".claude-orchestrator/config.json";

function place(files: Record<string, string> = {}) {
  const base = temporaryDirectory({ ...files, "home/file": "", "work/file": "" });
  const cwd = join(base, "work");
  const home = join(base, "home");
  const setup = (request: Partial<SetupRequest> = {}) =>
    runSetup({ cwd, home, global: false, leader: false, force: false, ...request }, environment);
  const json = (directory = cwd) => JSON.parse(readFileSync(join(directory, CONFIG), "utf8"));
  return { cwd, home, setup, json };
}

/** Paths and inodes of everything below a directory: the same only if nothing was written. */
function snapshot(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" }).sort()
    .map((path) => `${path} ${statSync(join(directory, path)).ino}`);
}

test("writes the configuration, every template and every skill, and says so", async () => {
  const { cwd, setup, json } = place();
  const result = await setup({ name: "Bob", role: "builder", command: "claude -x" });
  expect(json()).toEqual({ name: "Bob", role: "builder", command: "claude -x" });
  expect(result.config.set).toEqual(["name", "role", "command"]);
  expect(result.written).toHaveLength(
    4 + AGENT_TEMPLATE_NAMES.length + Object.keys(SKILLS).length +
      Object.keys(ROLE_MEMORIES).length,
  );
  expect(result.written.filter((path) => nodeFiles.status(path)?.kind !== "file")).toEqual([]);
  expect([result.kept, result.skipped, result.warnings]).toEqual([[], [], []]);
  expect(readdirSync(join(cwd, ".claude/skills"))).toEqual(Object.keys(SKILLS).sort());
});

test("a second time, nothing is written", async () => {
  const { cwd, setup } = place();
  const first = await setup({ name: "Bob" });
  const before = snapshot(cwd);
  const second = await setup({ name: "Bob" });
  expect(snapshot(cwd)).toEqual(before);
  expect([...second.skipped].sort()).toEqual([...first.written].sort());
  expect([second.written, second.kept]).toEqual([[], []]);
});

test("what somebody changed stays, until --force", async () => {
  const { cwd, setup } = place();
  await setup({ name: "Bob" });
  const changed = join(cwd, ".claude-orchestrator/agents/worker-build.md");
  writeFileSync(changed, "own words");
  const second = await setup();
  expect([second.kept, second.written]).toEqual([[changed], []]);
  expect(second.warnings).toEqual([expect.stringMatching(/^1 file differs .* --force/)]);
  expect(readFileSync(changed, "utf8")).toBe("own words");
  const third = await setup({ force: true });
  expect([third.kept, third.written]).toEqual([[], [changed]]);
  expect(readFileSync(changed, "utf8")).not.toBe("own words");
});

test("the project's own CLAUDE.md is never touched, --force or not, and it is said", async () => {
  const { cwd, setup } = place({ "work/CLAUDE.md": "mine" });
  const path = join(cwd, "CLAUDE.md");
  for (const force of [false, true]) {
    const { kept, warnings } = await setup({ name: "Bob", force });
    expect(kept).toEqual([path]);
    expect(warnings).toEqual([
      expect.stringMatching(/CLAUDE\.md is yours and stays: setup writes/),
    ]);
    expect(readFileSync(path, "utf8")).toBe("mine");
  }
});

test("of a CLAUDE.md with a block, the block is replaced and the rest left to the byte", async () => {
  const around = (block: string) => `# Mine {{name}}\r\n\n${block}\nno line feed at the end: ü`;
  const { cwd, setup } = place({ "work/CLAUDE.md": around(asBlock("of an older version")) });
  const path = join(cwd, "CLAUDE.md");
  const first = await setup({ name: "Bob" });
  expect(readFileSync(path, "utf8")).toBe(around(asBlock(TEAM_MEMORY)));
  expect([first.written.includes(path), first.kept]).toEqual([true, []]);
  const second = await setup({ name: "Bob" });
  expect([second.skipped.includes(path), second.written]).toEqual([true, []]);
});

test("each role has a memory, which is the user's as soon as its block is taken out", async () => {
  const { cwd, setup } = place();
  await setup({ name: "Bob" });
  const path = join(cwd, ".claude-orchestrator/roles/builder/CLAUDE.md");
  expect(readFileSync(path, "utf8")).toBe(asBlock(ROLE_MEMORIES["builder"] ?? ""));
  writeFileSync(path, "We build with make.\n");
  const { kept } = await setup({ force: true });
  expect([kept, readFileSync(path, "utf8")]).toEqual([[path], "We build with make.\n"]);
});

test("keys that are not named stay as they are", async () => {
  const { setup, json } = place({
    [`work/${CONFIG}`]: '{"instance_id": "abc", "worktree": 1, "name": "Ann", "role": "tester"}',
  });
  await setup({ role: "builder" });
  expect(json()).toEqual({ instance_id: "abc", worktree: 1, name: "Ann", role: "builder" });
});

test("--leader makes a Leader of that name, and renames nobody who is there", async () => {
  const fresh = place();
  await fresh.setup({ leader: true });
  expect(fresh.json()).toEqual({ name: "Leader", role: "leader" });
  const present = place({ [`work/${CONFIG}`]: '{"name": "Ann"}' });
  await present.setup({ leader: true });
  expect(present.json()).toEqual({ name: "Ann", role: "leader" });
});

test("--global writes the user's file and nothing else", async () => {
  const { cwd, home, setup, json } = place();
  const result = await setup({ global: true, cacheDir: "/var/cache/team" });
  expect(json(home)).toEqual({ cache_dir: "/var/cache/team" });
  expect(readdirSync(cwd)).toEqual(["file"]);
  expect(result.written).toHaveLength(2);
  expect(result.global).toBe(true);
});

test("without a name, it says that one will be needed", async () => {
  expect((await place().setup()).warnings).toEqual(["No name is set: register will need --name"]);
});

test.each([
  [{ role: "No Role" }, "INVALID_INPUT", /--role/],
  [{ command: "it's" }, "INVALID_INPUT", /--command/],
  [{ cacheDir: " " }, "INVALID_INPUT", /--cache-dir/],
  [{ leader: true, role: "builder" }, "USAGE", /contradict/],
])("%j is refused before anything is written", async (request, code, message) => {
  const { cwd, setup } = place();
  await expect(setup(request)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
  expect(readdirSync(cwd)).toEqual(["file"]);
});

test("a broken configuration stops it before anything is written", async () => {
  const { cwd, setup } = place({ [`work/${CONFIG}`]: "{" });
  await expect(setup({ name: "Bob" })).rejects.toMatchObject({ code: "INVALID_CONFIG" });
  expect(readFileSync(join(cwd, CONFIG), "utf8")).toBe("{");
  expect(readdirSync(join(cwd, ".claude-orchestrator"))).toEqual(["config.json"]);
});
