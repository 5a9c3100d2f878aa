import { request } from "node:http";
import { startEmbedded, whyNotEmbedded } from "./embedded_zookeeper.ts";
import { startJvm, whyNoJars } from "./jvm_zookeeper.ts";
import { borrowServer } from "./pooled_zookeeper.ts";
import { startSharedServer } from "./shared_zookeeper.ts";
import { needsOwnServer, type ServerOptions } from "./zookeeper_config.ts";

export type { ServerOptions } from "./zookeeper_config.ts";

/** A ZooKeeper that tests may use, and, where it is theirs alone, mistreat. */
export interface ZooKeeperServer {
  /** `host:port` for plain connections. */
  readonly hosts: string;
  readonly port: number;
  /** For TLS, where the server was started with it: the place, and PEM texts that it accepts. */
  readonly tls:
    | {
      readonly hosts: string;
      readonly options: { readonly ca: string; readonly cert: string; readonly key: string };
    }
    | undefined;
  /** Where it keeps its data and its log; empty for a server that others have started. */
  readonly dataDir: string;
  /** Process id, while it runs on this machine. */
  readonly pid: number | undefined;

  /** Creates an empty node for one test and gives its path: append it to `hosts` as a chroot. */
  freshRoot(): Promise<string>;
  /** Ends it in good order and removes its data. */
  stop(): Promise<void>;
  /** SIGKILL; the data stays, for `restart()`. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data, having ended it in good order if it still runs. */
  restart(): Promise<void>;
  /** SIGSTOP: connections stay open, and nothing answers. */
  pause(): Promise<void>;
  resume(): Promise<void>;
}

const STARTABLE = ["embedded", "docker", "jars"] as const;
/** What can be started here. */
type Startable = (typeof STARTABLE)[number];

/** Where this machine can get a ZooKeeper from, or why it cannot. */
export type Source = Startable | "shared" | { readonly missing: string };

const DOCKER_PING_MS = 2_000;

/**
 * With `TEST_ZOOKEEPER=embedded` it is the product's own coordinator, for all that this can do. Else
 * `ZK_HOSTS` names a server that runs already, for tests with no wishes of their own; else a Docker
 * engine that answers starts one; else the jars of Debian's package do.
 */
export async function findSource(options: ServerOptions): Promise<Source> {
  if (wantsEmbedded() && whyNotEmbedded(options) === null) return "embedded";
  if (process.env["ZK_HOSTS"] && !needsOwnServer(options)) return "shared";
  const docker = await whyNoDocker();
  if (docker === null) return "docker";
  const jars = whyNoJars();
  if (jars === null) return "jars";
  return { missing: `no ZooKeeper to start: ${docker}; ${jars}` };
}

/**
 * A server, ready for sessions: one that is kept for this worker where that will do, else a new one.
 * Throws where there is no way to get one.
 */
export async function startZooKeeper(options: ServerOptions = {}): Promise<ZooKeeperServer> {
  const why = wantsEmbedded() ? whyNotEmbedded(options) : null;
  if (why !== null) console.warn(`On ZooKeeper itself, not on the embedded coordinator: ${why}`);
  const source = await findSource(options);
  if (typeof source === "object") throw new Error(source.missing);
  if (source === "shared") return await startSharedServer(process.env["ZK_HOSTS"] ?? "");
  const borrowed = needsOwnServer(options) ? null : await borrowServer(source);
  return borrowed ?? await startOwnServer(source, options);
}

export function isStartable(source: string): source is Startable {
  return STARTABLE.some((each) => each === source);
}

/** Starts a server that is nobody else's. */
export async function startOwnServer(
  source: Startable,
  options: ServerOptions = {},
): Promise<ZooKeeperServer> {
  if (source === "embedded") return await startEmbedded(options);
  if (source === "jars") return await startJvm(options);
  const { startContainer } = await import("./docker_zookeeper.ts");
  return await startContainer(options);
}

function wantsEmbedded(): boolean {
  return process.env["TEST_ZOOKEEPER"] === "embedded";
}

/** Asks the engine itself: a `docker` program proves nothing. */
function whyNoDocker(): Promise<string | null> {
  const host = process.env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock";
  const target = host.startsWith("unix://")
    ? { socketPath: host.slice("unix://".length) }
    : { host: new URL(host).hostname, port: new URL(host).port };
  return new Promise((resolve) => {
    const ping = request({ ...target, path: "/_ping", timeout: DOCKER_PING_MS }, (response) => {
      response.resume();
      resolve(response.statusCode === 200 ? null : `Docker answered ${response.statusCode}`);
    });
    ping.on("timeout", () => ping.destroy(new Error("no answer")));
    ping.on("error", (error) => resolve(`no Docker engine at ${host} (${error.message})`));
    ping.end();
  });
}
