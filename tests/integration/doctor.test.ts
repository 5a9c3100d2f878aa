import { expect, onTestFinished, test } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { nodeEnvironment } from "../../src/platform/node/environment.ts";
import { nodeFiles } from "../../src/platform/node/files.ts";
import { nodeProcesses } from "../../src/platform/node/processes.ts";
import { runDoctor } from "../../src/setup/doctor.ts";
import { readServerFacts } from "../../src/setup/server_facts.ts";
import { connect } from "../../src/zookeeper/client.ts";
import { digestId } from "../../src/zookeeper/digest.ts";
import type { ConnectOptions } from "../../src/zookeeper/zookeeper.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

async function client(hosts: string, options: Partial<ConnectOptions> = {}) {
  const zk = await connect({ hosts, ...options }, nodeEnvironment);
  onTestFinished(() => zk.close());
  return zk;
}

const now = () => Date.now();

describeWithZooKeeper("what doctor asks a server", (server) => {
  test("version, latency, clock, and that the tree is not there yet; it leaves nothing behind", async () => {
    const zk = await client(`${server.hosts}${await server.freshRoot()}`);
    const facts = await readServerFacts(zk, nodeEnvironment, { root: "/team", now });
    expect(facts).toMatchObject({ access: "absent", endpoint: expect.stringMatching(/:\d+$/) });
    expect(facts.version).toMatch(/^3\.\d+\.\d+$/);
    expect(facts.latencyMs).toBeGreaterThan(0);
    expect(Math.abs(facts.clockAheadMs ?? Infinity)).toBeLessThan(20_000);
    expect((await zk.getChildren("/")).children).toEqual([]);
  });

  test("a tree that is open, one that is the team's own, and one of somebody else", async () => {
    const root = await server.freshRoot();
    const id = await digestId("team", "secret");
    const acl = [{ permissions: 31, scheme: "digest", id }];
    const credential = "team:secret";
    const owner = await client(`${server.hosts}${root}`, {
      auth: [{ scheme: "digest", credential }],
    });
    await owner.create("/open");
    await owner.create("/own", new Uint8Array(), { acl });
    const stranger = await client(`${server.hosts}${root}`);
    const access = async (zk: typeof owner, path: string) =>
      (await readServerFacts(zk, nodeEnvironment, { root: path, now })).access;
    expect(await access(owner, "/open")).toBe("open");
    expect(await access(owner, "/own")).toBe("closed");
    expect(await access(stranger, "/own")).toBe("refused");
    expect((await owner.getChildren("/own")).children).toEqual([]);
  });

  test("a chroot that does not exist", async () => {
    const zk = await client(`${server.hosts}/no/such/chroot`);
    expect(await readServerFacts(zk, nodeEnvironment, { root: "/team", now }))
      .toMatchObject({ access: "no_chroot", clockAheadMs: null });
  });

  test("the whole doctor, on this machine", async () => {
    const base = temporaryDirectory({ "bin/file": "" });
    const config = loadConfig({
      cwd: base,
      home: base,
      env: {
        ZK_HOSTS: `${server.hosts}${await server.freshRoot()}`,
        CLAUDE_ORCHESTRATOR_COMMAND: process.execPath,
      },
      flags: {},
      files: nodeFiles,
    });
    const report = await runDoctor({
      config: async () => config,
      server: async () =>
        readServerFacts(await client(config.value("zookeeper.url")), nodeEnvironment, {
          root: config.value("zookeeper.root_path"),
          now,
        }),
      tree: async () => ({ tasks: 0, audited: false }),
      run: (words) => nodeProcesses.run(words, { cwd: base, timeoutMs: 30_000 }),
      files: nodeFiles,
      uid: process.getuid?.() ?? null,
      env: {},
    });
    expect(report.checks.filter(({ status }) => status === "fail")).toEqual([]);
    expect(report.checks.map(({ check }) => check)).toEqual(
      expect.arrayContaining(["zookeeper", "access", "clock", "agent", "git", "disk"]),
    );
  });
});

test("programs: the end, the status, and what is not there", async () => {
  const run = (words: string[], timeoutMs = 10_000) =>
    nodeProcesses.run(words, { cwd: temporaryDirectory(), timeoutMs });
  expect(await run(["sh", "-c", "cat; printf out; printf err >&2; exit 3"]))
    .toEqual({ kind: "ended", exitCode: 3, stdout: "out", stderr: "err" });
  expect(await run(["no-such-program"])).toEqual({ kind: "missing" });
  expect(await run(["sleep", "60"], 50)).toEqual({ kind: "timed_out" });
});
