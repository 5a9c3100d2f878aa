import { afterAll, beforeAll, describe } from "vitest";
import { whyNotEmbedded } from "./embedded_zookeeper.ts";
import { needsOwnServer, type ServerOptions } from "./zookeeper_config.ts";
import { findSource, startZooKeeper, type ZooKeeperServer } from "./zookeeper_server.ts";

/** Found before any suite is defined, since a suite that is skipped must be so from the start. */
const sources = {
  any: await findSource({}),
  own: await findSource({ mistreats: true }),
  secure: await findSource({ tls: { clientAuth: "none" } }),
};

function sourceFor(options: ServerOptions) {
  if (whyNotEmbedded(options) !== null) return sources.secure;
  return needsOwnServer(options) ? sources.own : sources.any;
}

/**
 * A suite with one server, started before its tests and stopped after them; use it only within tests
 * and hooks. Where this machine has no ZooKeeper the suite is reported as skipped, with the reason,
 * but fails where `CI=true`.
 */
export function describeWithZooKeeper(
  name: string,
  body: (server: ZooKeeperServer) => void,
  options: ServerOptions = {},
): void {
  const source = sourceFor(options);
  const reason = typeof source === "object" ? source.missing : null;
  if (reason !== null && process.env["CI"] !== "true") {
    console.warn(`Skipped: ${name}: ${reason}`);
    describe.skip(name, () => body(lateServer(() => undefined)));
    return;
  }
  describe(name, () => {
    let server: ZooKeeperServer | undefined;
    beforeAll(async () => {
      if (reason !== null) throw new Error(reason);
      server = await startZooKeeper(options);
    });
    afterAll(() => server?.stop());
    body(lateServer(() => server));
  });
}

/** Stands for a server that is started later. */
function lateServer(started: () => ZooKeeperServer | undefined): ZooKeeperServer {
  const server = () => {
    const found = started();
    if (!found) throw new Error("ZooKeeper runs only during tests and hooks");
    return found;
  };
  return {
    get hosts() {
      return server().hosts;
    },
    get port() {
      return server().port;
    },
    get tls() {
      return server().tls;
    },
    get dataDir() {
      return server().dataDir;
    },
    get pid() {
      return server().pid;
    },
    freshRoot: () => server().freshRoot(),
    stop: () => server().stop(),
    kill: () => server().kill(),
    restart: () => server().restart(),
    pause: () => server().pause(),
    resume: () => server().resume(),
  };
}
