import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../tests/support/temporary_directory.ts";
import { nodeFiles } from "../platform/node/files.ts";
import { systemClock } from "../platform/node/system_clock.ts";
import { systemRandom } from "../platform/node/system_random.ts";
import { setKey, type StoreEnvironment, unsetKey, updateConfig, withValue } from "./store.ts";

const environment: StoreEnvironment = {
  files: nodeFiles,
  clock: systemClock,
  random: systemRandom,
};
const json = (path: string) => JSON.parse(readFileSync(path, "utf8"));
const modeOf = (path: string) => statSync(path).mode & 0o777;

test("sets a key in a file that was not there, and leaves nothing else behind", async () => {
  const directory = temporaryDirectory();
  const path = join(directory, "deep/config.json");
  await setKey(environment, path, "limits.stall_timeout", "5m");
  await setKey(environment, path, "limits.max_retries", "2");
  expect(json(path)).toEqual({ limits: { stall_timeout: "5m", max_retries: 2 } });
  expect(readdirSync(join(directory, "deep"))).toEqual([".gitignore", "config.json"]);
  expect(readFileSync(path, "utf8").endsWith("}\n")).toBe(true);
});

test("keeps what it does not know, and the order of the keys", async () => {
  const directory = temporaryDirectory({
    "config.json": '{"hooks": {"a": [1]}, "role": "builder", "limits": {"x": null}}',
  });
  const path = join(directory, "config.json");
  await setKey(environment, path, "role", "tester");
  await setKey(environment, path, "limits.run_timeout", "2h");
  expect(JSON.stringify(json(path))).toBe(
    '{"hooks":{"a":[1]},"role":"tester","limits":{"x":null,"run_timeout":"2h"}}',
  );
});

test("unsetting removes a key, and the group that it leaves empty", async () => {
  const directory = temporaryDirectory({
    "config.json": '{"zookeeper": {"url": "a:1"}, "role": "builder"}',
  });
  const path = join(directory, "config.json");
  await unsetKey(environment, path, "zookeeper.url");
  expect(json(path)).toEqual({ role: "builder" });
});

test("refuses what cannot be, with what was probably meant, and writes nothing", async () => {
  const path = join(temporaryDirectory(), "config.json");
  await expect(setKey(environment, path, "zookeper.url", "a:1")).rejects.toMatchObject({
    code: "INVALID_INPUT",
    hint: 'Did you mean "zookeeper.url"?',
  });
  await expect(setKey(environment, path, "role", "No Role")).rejects.toMatchObject({
    code: "INVALID_INPUT",
  });
  expect(nodeFiles.status(path)).toBeNull();
});

test("a broken file is left as it is", async () => {
  const directory = temporaryDirectory({ "config.json": "{ broken" });
  const path = join(directory, "config.json");
  await expect(setKey(environment, path, "role", "builder")).rejects.toMatchObject({
    code: "INVALID_CONFIG",
  });
  expect(readFileSync(path, "utf8")).toBe("{ broken");
  expect(readdirSync(directory)).toEqual(["config.json"]);
});

test("a file with a password is closed to others, another keeps its mode", async () => {
  const directory = temporaryDirectory({ "config.json": "{}" });
  const path = join(directory, "config.json");
  chmodSync(path, 0o640);
  await setKey(environment, path, "role", "builder");
  expect(modeOf(path)).toBe(0o640);
  await setKey(environment, path, "zookeeper.auth", "team:secret");
  expect(modeOf(path)).toBe(0o600);
});

test("a link stays a link, and what it leads to is written", async () => {
  const directory = temporaryDirectory({ "dotfiles/config.json": '{"role": "builder"}' });
  mkdirSync(join(directory, "home"));
  const link = join(directory, "home/config.json");
  symlinkSync(join(directory, "dotfiles/config.json"), link);
  await setKey(environment, link, "role", "tester");
  expect(json(join(directory, "dotfiles/config.json"))).toEqual({ role: "tester" });
  expect(readdirSync(join(directory, "home"), { withFileTypes: true })[0]?.isSymbolicLink())
    .toBe(true);
});

test("a failure in the middle leaves the file as it was, and no lock", async () => {
  const directory = temporaryDirectory({ "config.json": '{"role": "builder"}' });
  const path = join(directory, "config.json");
  const change = () => {
    throw new Error("in the middle");
  };
  await expect(updateConfig(environment, path, change)).rejects.toThrow("in the middle");
  expect(json(path)).toEqual({ role: "builder" });
  expect(readdirSync(directory)).toEqual(["config.json"]);
});

test("writing what is there already changes nothing", async () => {
  const directory = temporaryDirectory();
  const path = join(directory, "config.json");
  await setKey(environment, path, "role", "builder");
  const before = statSync(path).ino;
  await setKey(environment, path, "role", "builder");
  expect(statSync(path).ino).toBe(before);
});

test("a lock that a crash left behind is broken, a fresh one is waited for", async () => {
  const directory = temporaryDirectory();
  const path = join(directory, "config.json");
  writeFileSync(`${path}.lock`, "dead");
  const old = new Date(systemClock.now() - 60_000);
  utimesSync(`${path}.lock`, old, old);
  await setKey(environment, path, "role", "builder");
  expect(json(path)).toEqual({ role: "builder" });

  writeFileSync(`${path}.lock`, "alive");
  let released = false;
  const waiting = {
    ...environment,
    files: {
      ...nodeFiles,
      createNew: (file: string, text: string, mode: number) => {
        const made = nodeFiles.createNew(file, text, mode);
        if (!made && !released) {
          released = true;
          nodeFiles.remove(`${path}.lock`);
        }
        return made;
      },
    },
  };
  await setKey(waiting, path, "role", "tester");
  expect([released, json(path)]).toEqual([true, { role: "tester" }]);
});

test("a lock that stays is an error that names it", async () => {
  const directory = temporaryDirectory();
  const path = join(directory, "config.json");
  writeFileSync(`${path}.lock`, "alive");
  let now = 0;
  const clock = {
    now: () => systemClock.now(),
    monotonic: () => now += 5000,
    timer: (_ms: number, fire: () => void) => systemClock.timer(0, fire),
  };
  await expect(setKey({ ...environment, clock }, path, "role", "builder")).rejects.toMatchObject({
    code: "IO_FAILED",
    hint: expect.stringContaining(`${path}.lock`),
  });
});

test("withValue never changes what it is given", () => {
  const before = { a: { b: 1 }, c: 2 };
  expect(withValue(before, ["a", "d"], 3)).toEqual({ a: { b: 1, d: 3 }, c: 2 });
  expect(withValue(before, ["a", "b"], undefined)).toEqual({ c: 2 });
  expect(before).toEqual({ a: { b: 1 }, c: 2 });
});
