import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../tests/support/temporary_directory.ts";
import { InstanceId } from "../domain/ids.ts";
import { nodeFiles } from "../platform/node/files.ts";
import { systemClock } from "../platform/node/system_clock.ts";
import { systemRandom } from "../platform/node/system_random.ts";
import { forgetIdentity, rememberIdentity, requireIdentity, resolveIdentity } from "./identity.ts";
import { type FlagValues, loadConfig } from "./load.ts";

const FILE = ".claude-orchestrator/config.json";
const environment = { files: nodeFiles, clock: systemClock, random: systemRandom };

function place(project?: unknown, global?: unknown) {
  const base = temporaryDirectory({
    ...(project === undefined ? {} : { [`work/${FILE}`]: JSON.stringify(project) }),
    ...(global === undefined ? {} : { [`home/${FILE}`]: JSON.stringify(global) }),
    "work/file": "",
  });
  const config = (flags: FlagValues = {}, env: Record<string, string> = {}) =>
    loadConfig({ cwd: join(base, "work"), home: join(base, "home"), env, flags, files: nodeFiles });
  const path = join(base, "work", FILE);
  return { config, path, json: () => JSON.parse(readFileSync(path, "utf8")) };
}

const TWO = { instances: { Bob: "id-bob", Jerry: "id-jerry" } };
const ID = "CLAUDE_ORCHESTRATOR_INSTANCE_ID";

test("the flag wins, then the variable; both take an id or the name of a member from here", () => {
  const { config } = place(TWO);
  expect(resolveIdentity(config({ instance_id: "other" }, { [ID]: "id-bob" })))
    .toEqual({ id: "other", name: null, from: "--instance-id" });
  expect(resolveIdentity(config({ instance_id: "Jerry" })))
    .toEqual({ id: "id-jerry", name: "Jerry", from: "--instance-id" });
  expect(resolveIdentity(config({}, { [ID]: "id-bob" }))?.id).toBe("id-bob");
});

test("a name that is asked for is that member, or nobody", () => {
  const { config } = place(TWO, { instances: { Ann: "id-ann" } });
  expect(resolveIdentity(config(), "Jerry")?.id).toBe("id-jerry");
  expect(resolveIdentity(config(), "Ann")?.id).toBe("id-ann");
  expect(resolveIdentity(config(), "Eve")).toBeNull();
});

test("of several members, the configured name decides; without one nobody guesses", () => {
  const { config } = place({ ...TWO, name: "Bob" });
  expect(resolveIdentity(config())?.id).toBe("id-bob");
  expect(resolveIdentity(config({}, { CLAUDE_ORCHESTRATOR_NAME: "Jerry" }))?.id).toBe("id-jerry");
  expect(() => resolveIdentity(place(TWO).config())).toThrow(
    expect.objectContaining({
      code: "IDENTITY_MISSING",
      message: "Several members are registered here: Bob, Jerry",
    }),
  );
});

test("the only member of a file is who acts, in upstream's spelling too", () => {
  expect(resolveIdentity(place({ instances: { Bob: "id-bob" } }).config())?.name).toBe("Bob");
  expect(resolveIdentity(place({ instance_id: "abc", name: "Bob" }).config()))
    .toMatchObject({ id: "abc", name: "Bob" });
  expect(resolveIdentity(place({ instance_id: "abc" }).config()))
    .toMatchObject({ id: "abc", name: null });
  expect(resolveIdentity(place({}, { instance_id: "abc" }).config())?.id).toBe("abc");
});

test("nobody is nobody, and an error where somebody is needed", () => {
  expect(resolveIdentity(place().config())).toBeNull();
  expect(() => requireIdentity(place().config())).toThrow(
    expect.objectContaining({ code: "IDENTITY_MISSING" }),
  );
});

test("members are remembered by name, the first as the directory's own, and forgotten again", async () => {
  const { config, json } = place();
  const bob = { id: InstanceId.parse("id-bob"), name: "Bob" };
  const jerry = { id: InstanceId.parse("id-jerry"), name: "Jerry.X" };
  await rememberIdentity(environment, config(), bob);
  await rememberIdentity(environment, config(), jerry);
  expect(json()).toEqual({
    instances: { Bob: "id-bob", "Jerry.X": "id-jerry" },
    instance_id: "id-bob",
  });
  expect(resolveIdentity(config(), "Jerry.X")?.id).toBe("id-jerry");
  await forgetIdentity(environment, config(), bob.id);
  expect(json()).toEqual({ instances: { "Jerry.X": "id-jerry" } });
  expect(resolveIdentity(config())?.id).toBe("id-jerry");
  await forgetIdentity(environment, config(), jerry.id);
  expect(json()).toEqual({});
});
