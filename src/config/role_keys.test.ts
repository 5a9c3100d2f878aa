import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../tests/support/temporary_directory.ts";
import { nodeFiles } from "../platform/node/files.ts";
import { systemClock } from "../platform/node/system_clock.ts";
import { systemRandom } from "../platform/node/system_random.ts";
import { describeConfig, describeValue } from "./describe.ts";
import { loadConfig } from "./load.ts";
import { setKey, unsetKey } from "./store.ts";

const FILE = ".claude-orchestrator/config.json";

function load(project: unknown, env: Record<string, string> = {}, global: unknown = {}) {
  const base = temporaryDirectory({
    [`work/${FILE}`]: JSON.stringify(project),
    [`home/${FILE}`]: JSON.stringify(global),
  });
  const home = join(base, "home");
  return loadConfig({ cwd: join(base, "work"), home, env, flags: {}, files: nodeFiles });
}

const BUILDER = {
  command: "codex exec -",
  model: "opus[1m]",
  max_turns: 7,
  budget_usd: 1.5,
  budget_tokens: 900,
};

test("what is said for a role counts for it alone, each setting by itself", () => {
  const config = load({
    command: "claude",
    limits: { max_turns: 3, budget_usd: 9 },
    roles: { builder: BUILDER, "code-owner": { model: "haiku" } },
  });
  expect(config.warnings).toEqual([]);
  expect(config.ofRole("command", "builder")).toEqual(["codex", "exec", "-"]);
  expect(config.ofRole("model", "builder")).toBe("opus[1m]");
  expect(config.ofRole("max_turns", "builder")).toBe(7);
  expect(config.ofRole("budget_usd", "builder")).toBe(1.5);
  expect(config.ofRole("budget_tokens", "builder")).toBe(900);
  expect(config.ofRole("model", "code-owner")).toBe("haiku");
  expect(config.ofRole("command", "code-owner")).toEqual(["claude"]);
  expect(config.ofRole("max_turns", "verifier")).toBe(3);
  expect(config.ofRole("budget_tokens", "verifier")).toBeNull();
});

test("the user's file says more of a role than the project's of all", () => {
  const config = load({ model: "haiku" }, {}, { roles: { builder: { model: "opus" } } });
  expect([config.ofRole("model", "builder"), config.ofRole("model", "tester")])
    .toEqual(["opus", "haiku"]);
});

test("the environment wins over what files say of a role, and its word on the role over all", () => {
  const file = { roles: { builder: { model: "opus" } } };
  const general = { CLAUDE_ORCHESTRATOR_MODEL: "haiku" };
  expect(load(file, general).ofRole("model", "builder")).toBe("haiku");
  const both = { ...general, CLAUDE_ORCHESTRATOR_ROLES_BUILDER_MODEL: "sonnet" };
  expect(load(file, both).ofRole("model", "builder")).toBe("sonnet");
  expect(load(file, both).ofRole("model", "tester")).toBe("haiku");
});

test("config shows what is said of roles, and where it comes from", () => {
  const env = { CLAUDE_ORCHESTRATOR_ROLES_CODE_OWNER_MAX_TURNS: "4" };
  const config = load({ roles: { builder: { command: ["codex", "exec", "a b"] } } }, env);
  const { values } = describeConfig(config);
  expect(values["roles.builder.command"])
    .toEqual({ value: "codex exec 'a b'", source: "project", from: config.paths.project });
  expect(values["roles.code-owner.max_turns"])
    .toEqual({ value: 4, source: "environment", from: Object.keys(env)[0] });
  expect(describeValue(config, "roles.tester.model"))
    .toEqual({ value: null, source: "default", from: null });
});

test("set and unset take them as they take every other key", async () => {
  const path = join(temporaryDirectory(), "config.json");
  const environment = { files: nodeFiles, clock: systemClock, random: systemRandom };
  const json = () => JSON.parse(readFileSync(path, "utf8"));
  await setKey(environment, path, "roles.builder.max_turns", "12");
  await setKey(environment, path, "roles.builder.model", "opus");
  expect(json()).toEqual({ roles: { builder: { max_turns: 12, model: "opus" } } });
  await unsetKey(environment, path, "roles.builder.model");
  await unsetKey(environment, path, "roles.builder.max_turns");
  expect(json()).toEqual({});
});

test.each([
  ["roles.builder.modle", "opus", 'Did you mean "roles.builder.model"?'],
  [
    "roles.builder.colour",
    "red",
    "A role has command, model, max_turns, budget_usd, budget_tokens",
  ],
  ["roles.Builder.model", "opus", "The name of a role must be a lower-case letter, then up to"],
])("%s is no key, and its hint says what would be", async (key, value, hint) => {
  const path = join(temporaryDirectory(), "config.json");
  const environment = { files: nodeFiles, clock: systemClock, random: systemRandom };
  await expect(setKey(environment, path, key, value)).rejects.toMatchObject({
    code: "INVALID_INPUT",
    message: `Unknown configuration key "${key}"`,
    hint: expect.stringContaining(hint),
  });
});

test.each([
  ["roles.builder.model", "--dangerously-skip-permissions", /name of a model/],
  ["roles.builder.max_turns", "0", /whole number/],
  ["roles.builder.command", "it's", /command line/],
])("%s cannot be %j", async (key, value, problem) => {
  const path = join(temporaryDirectory(), "config.json");
  const environment = { files: nodeFiles, clock: systemClock, random: systemRandom };
  await expect(setKey(environment, path, key, value)).rejects.toThrow(problem);
});

test("in a file, a mistake is an error with its place, and an unknown setting a warning", () => {
  expect(() => load({ roles: { builder: { max_turns: "many" } } }))
    .toThrow(/config\.json:1:34: "roles\.builder\.max_turns" must be a whole number/);
  expect(() => load({ roles: { builder: "codex" } })).toThrow(/"roles\.builder" must be an object/);
  expect(() => load({ roles: [] })).toThrow(/"roles" must be an object/);
  expect(load({ roles: { builder: { comand: "x" } } }).warnings)
    .toEqual([expect.stringMatching(/did you mean "roles\.builder\.command"\?$/)]);
});

test("a hook is a command line or its words, and its key one of the points", () => {
  const config = load({
    hooks: { task_failed: "notify 'it failed'", chain_completed: ["a", "b c"] },
  });
  expect(config.value("hooks.task_failed")).toEqual(["notify", "it failed"]);
  expect(config.value("hooks.chain_completed")).toEqual(["a", "b c"]);
  expect(config.value("limits.hook_timeout")).toBe(30_000);
  expect(load({ hooks: { task_faild: "x" } }).warnings)
    .toEqual([expect.stringMatching(/did you mean "hooks\.task_failed"\?$/)]);
});
