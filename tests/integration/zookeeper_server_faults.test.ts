import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ending, Sessions } from "../support/sessions.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

/** Keeps the event loop from turning, as a long computation does. */
function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describeWithZooKeeper("the client of a server that fails", (server) => {
  const sessions = new Sessions();
  let root: string;
  const open = (sessionTimeoutMs: number) =>
    sessions.open(server.hosts + root, { sessionTimeoutMs });

  beforeEach(async () => {
    // A test that has failed may have left the server killed or paused.
    root = await server.freshRoot().catch(async () => {
      await server.restart();
      return await server.freshRoot();
    });
  });

  afterEach(() => sessions.closeAll());

  test("a server killed and started again has the session and its ephemeral nodes", async () => {
    const session = await open(20_000);
    const { zk } = session;
    const id = zk.sessionId;
    await zk.create("/mine", new Uint8Array([7]), { mode: "ephemeral" });
    await server.kill();
    await session.next("suspended");
    const queued = zk.create("/queued");
    await server.restart();
    expect(await session.next("connected")).toMatchObject({ sessionId: id, isNewSession: false });
    expect((await queued).path).toBe("/queued");
    expect((await zk.getData("/mine")).data).toEqual(new Uint8Array([7]));
    expect(await zk.getEphemerals()).toEqual(["/mine"]);
  });

  test("a server killed for longer than the session: a new one follows", async () => {
    const session = await open(1_500);
    const { zk } = session;
    await zk.create("/mine", undefined, { mode: "ephemeral" });
    await server.kill();
    await session.next("expired");
    await server.restart();
    expect((await session.next("connected")).isNewSession).toBe(true);
    await expect.poll(() => zk.exists("/mine"), { timeout: 60_000 }).toBeNull();
  });

  test("a server that stands still for less than the session is waited for", async () => {
    const session = await open(6_000);
    const { zk } = session;
    await zk.create("/mine", undefined, { mode: "ephemeral" });
    await server.pause();
    const create = zk.create("/patient");
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await server.resume();
    expect((await create).path).toBe("/patient");
    expect(session.changes).toEqual([]);
  });

  test("a server that stands still for longer: suspended, expired, a new session", async () => {
    const session = await open(1_500);
    const { zk } = session;
    const id = zk.sessionId;
    await zk.create("/mine", undefined, { mode: "ephemeral" });
    await server.pause();
    const create = ending(zk.create("/impatient"));
    await session.next("suspended");
    expect(await create).toBe("CONNECTION_LOSS unknown");
    await session.next("expired");
    await server.resume();
    const back = await session.next("connected");
    expect(back.isNewSession).toBe(true);
    expect(back.sessionId).not.toBe(id);
    await expect.poll(() => zk.exists("/mine"), { timeout: 60_000 }).toBeNull();
  });

  test("a client that stands still for less than the session loses nothing", async () => {
    const session = await open(2_000);
    block(1_500);
    expect(await ending(session.zk.create("/after"))).toBe("done");
    expect(session.changes).toEqual([]);
  });

  test("a client that stands still for longer: a new session", async () => {
    const session = await open(1_500);
    await session.zk.create("/mine", undefined, { mode: "ephemeral" });
    block(3_000);
    expect((await session.next("expired")).isNewSession).toBe(false);
    expect((await session.next("connected")).isNewSession).toBe(true);
    expect(await session.zk.exists("/mine")).toBeNull();
  });

  test("a server that has lost its data is used again once the session has expired", async () => {
    const session = await open(1_500);
    await server.kill();
    await rm(join(server.dataDir, "version-2"), { recursive: true });
    await server.restart();
    await session.next("expired");
    expect((await session.next("connected")).isNewSession).toBe(true);
    expect(await ending(session.zk.create("/"))).toBe("done");
  });
}, { mistreats: true });
