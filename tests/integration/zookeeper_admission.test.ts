import { afterEach, expect, test } from "vitest";
import { ending, Sessions } from "../support/sessions.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const sessions = new Sessions();
afterEach(() => sessions.closeAll());

describeWithZooKeeper("a server that asks for a password", (server) => {
  test("lets in who has one, and keeps it over a reconnect", async () => {
    const root = await server.freshRoot();
    const session = await sessions.open(server.hosts + root, {
      auth: [{ scheme: "digest", credential: "tom:cheese" }],
    });
    expect(await ending(session.zk.create("/first"))).toBe("done");
    await server.restart();
    expect((await session.next("connected")).isNewSession).toBe(false);
    expect(await ending(session.zk.create("/second"))).toBe("done");
  });

  test("turns away who has none", async () => {
    const root = await server.freshRoot();
    const { zk } = await sessions.open(server.hosts + root, { sessionTimeoutMs: 1_000 });
    expect(await ending(zk.create("/never"))).not.toBe("done");
  });
}, { superPassword: "secret", requireAuth: true, mistreats: true });

describeWithZooKeeper("a server that asks for a certificate", (server) => {
  test("lets in who has one", async () => {
    const root = await server.freshRoot();
    const { hosts = "", options = {} } = server.tls ?? {};
    const { zk } = await sessions.open(hosts + root, { tls: options });
    expect(await ending(zk.create("/secure", new Uint8Array(100_000)))).toBe("done");
    expect((await zk.getData("/secure")).data).toHaveLength(100_000);
  });

  test("turns away who has none, and who does not trust it", async () => {
    const root = await server.freshRoot();
    const { hosts = "", options } = server.tls ?? {};
    for (const tls of [{ ca: options?.ca ?? "" }, {}]) {
      const opening = sessions.open(hosts + root, { tls, connectTimeoutMs: 1_000 });
      expect(await ending(opening)).toBe("CONNECT_TIMEOUT not_sent");
    }
  });
}, { tls: { clientAuth: "need" } });
