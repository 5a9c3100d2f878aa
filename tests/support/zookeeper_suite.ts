import { afterAll, beforeAll, describe } from "vitest";
import {
  findSource,
  type ServerOptions,
  startZooKeeper,
  type ZooKeeperServer,
} from "./zookeeper_server.ts";

export interface SuiteOptions extends ServerOptions {
  /** The suite stops, kills or pauses its server, so it needs one of its own. */
  readonly mistreats?: boolean;
}

const source = await findSource();

/**
 * A suite with one server of its own, started before its tests and stopped after them; use it only
 * within tests and hooks. Where this machine has no ZooKeeper the suite is reported as skipped, with
 * the reason, but fails where `CI=true`.
 */
export function describeWithZooKeeper(
  name: string,
  body: (server: ZooKeeperServer) => void,
  options: SuiteOptions = {},
): void {
  const reason = whyNot(options);
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

function whyNot(options: SuiteOptions): string | null {
  if (typeof source === "object") return source.missing;
  const { mistreats = false, tls, superPassword, requireAuth, tickMs, maxPacketBytes } = options;
  const special = mistreats || tls || superPassword || requireAuth || tickMs || maxPacketBytes;
  return source === "shared" && special ? "it needs a server of its own, not ZK_HOSTS" : null;
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
