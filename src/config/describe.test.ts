import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../tests/support/temporary_directory.ts";
import { nodeFiles } from "../platform/node/files.ts";
import { describeConfig } from "./describe.ts";
import { DEFAULT_COMMAND, KEY_NAMES } from "./keys.ts";
import { loadConfig } from "./load.ts";
import { readTls } from "./tls.ts";

const FILE = ".claude-orchestrator/config.json";

function load(project: unknown, files: Record<string, string> = {}) {
  const base = temporaryDirectory({ [`work/${FILE}`]: JSON.stringify(project), ...files });
  const cwd = join(base, "work");
  return loadConfig({ cwd, home: join(base, "home"), env: {}, flags: {}, files: nodeFiles });
}

test("shows every key as it could be written, with its source", () => {
  const config = load({
    limits: { run_timeout: "90m" },
    command: ["a", "b c"],
    instances: { B: "b" },
  });
  const shown = describeConfig(config);
  expect(Object.keys(shown.values)).toEqual(KEY_NAMES);
  expect(shown.values["limits.run_timeout"]).toEqual({
    value: "90m",
    source: "project",
    from: config.paths.project,
  });
  expect(shown.values["command"].value).toBe("a 'b c'");
  expect(shown.values["name"]).toEqual({ value: null, source: "default", from: null });
  expect(shown.instances).toEqual({ B: "b" });
  expect(shown.files.project.exists).toBe(true);
  expect(shown.files.global.exists).toBe(false);
});

test("the default command reads the same when it is shown", () => {
  const shown = describeConfig(load({})).values["command"].value;
  expect(String(shown).replaceAll("'", '"')).toBe(DEFAULT_COMMAND);
});

test("a password is never shown", () => {
  const shown = describeConfig(load({ zookeeper: { auth: "team:se:cret" } }));
  expect(shown.values["zookeeper.auth"].value).toBe("team:***");
  expect(JSON.stringify(shown)).not.toContain("cret");
});

test("TLS files are read where they are named, relative to the project", () => {
  const tls = { ca: "tls/ca.pem", cert: "tls/me.pem", key: "tls/me.key", server_name: "zk" };
  const files = { "work/tls/ca.pem": "CA", "work/tls/me.pem": "CERT", "work/tls/me.key": "KEY" };
  expect(readTls(load({ zookeeper: { tls } }, files), nodeFiles))
    .toEqual({ ca: "CA", cert: "CERT", key: "KEY", serverName: "zk" });
  expect(readTls(load({}), nodeFiles)).toBeUndefined();
});

test("a TLS file that is missing, or a certificate without its key, is an error", () => {
  expect(() => readTls(load({ zookeeper: { tls: { ca: "no.pem" } } }), nodeFiles))
    .toThrow(expect.objectContaining({ code: "INVALID_CONFIG" }));
  const half = load({ zookeeper: { tls: { cert: "me.pem" } } }, { "work/me.pem": "CERT" });
  expect(() => readTls(half, nodeFiles)).toThrow(/"zookeeper.tls.cert" needs "zookeeper.tls.key"/);
});
