import { createHash } from "node:crypto";

export interface ServerOptions {
  /** ms; sessions last two ticks at least. Default 250. */
  readonly tickMs?: number;
  /** Bytes of one packet (`jute.maxbuffer`). Default: the server's own, 1,048,575. */
  readonly maxPacketBytes?: number;
  /** Password of the user `super`, who may do everything (scheme `digest`). Default: no such user. */
  readonly superPassword?: string;
  /** Refuse sessions that have not authenticated by `digest`; `superPassword` must be given, too. */
  readonly requireAuth?: boolean;
  /** Serve TLS on a second port; `need` asks the client for a certificate too. */
  readonly tls?: { readonly clientAuth: "none" | "need" };
  /** Keep nodes for a time only; ZooKeeper itself does so where `extendedTypesEnabled` is set. */
  readonly timeToLive?: boolean;
  /** ms between two looks for containers that have been emptied. Default: the server's own. */
  readonly containerCheckMs?: number;
  /** As it is run in earnest: compiled as well as it can be, and each transaction synced to disk. */
  readonly inEarnest?: boolean;
  /** MB of heap. Default 256. */
  readonly heapMb?: number;
  /** The tests stop, kill or pause the server. */
  readonly mistreats?: boolean;
}

/** Whether a server that serves others as well, as `ZK_HOSTS` names one, will not do. */
export function needsOwnServer(options: ServerOptions): boolean {
  return Object.values(options).some((value) => value !== undefined && value !== false);
}

/** Where a server finds its files and listens, as it sees this itself. */
export interface ServerPlace {
  readonly dataDir: string;
  readonly bindAddress: string;
  readonly port: number;
  readonly securePort: number;
}

/** The text of `zoo.cfg`. */
export function configFile(options: ServerOptions, place: ServerPlace): string {
  const settings: Record<string, string | number | boolean> = {
    dataDir: place.dataDir,
    clientPort: place.port,
    clientPortAddress: place.bindAddress,
    tickTime: options.tickMs ?? 250,
    minSessionTimeout: 2 * (options.tickMs ?? 250),
    maxSessionTimeout: 60_000,
    maxClientCnxns: 0,
    "admin.enableServer": false,
    "4lw.commands.whitelist": "*",
  };
  if (options.tls) {
    Object.assign(settings, {
      secureClientPort: place.securePort,
      secureClientPortAddress: place.bindAddress,
      serverCnxnFactory: "org.apache.zookeeper.server.NettyServerCnxnFactory",
      "ssl.keyStore.location": `${place.dataDir}/server.pem`,
      "ssl.trustStore.location": `${place.dataDir}/ca.pem`,
      "ssl.clientAuth": options.tls.clientAuth,
    });
  }
  if (options.requireAuth) {
    settings["enforce.auth.enabled"] = true;
    settings["enforce.auth.schemes"] = "digest";
  }
  return Object.entries(settings).map(([name, value]) => `${name}=${value}\n`).join("");
}

/**
 * Flags for the JVM. A start in a fraction of a second counts for more here than peak speed; and
 * without `forceSync` a transaction still outlives the process, though not the machine. With one thread
 * for all connections a request is handed on less often, which costs more than what is done for it.
 */
export function jvmFlags(options: ServerOptions): string[] {
  return [
    `-Xmx${options.heapMb ?? 256}m`,
    "-XX:+UseSerialGC",
    ...(options.inEarnest ? [] : [
      "-XX:TieredStopAtLevel=1",
      "-Dzookeeper.forceSync=no",
      "-Dzookeeper.preAllocSize=4096",
      "-Dzookeeper.nio.numSelectorThreads=1",
      "-Dzookeeper.nio.numWorkerThreads=0",
    ]),
    ...(options.timeToLive ? ["-Dzookeeper.extendedTypesEnabled=true"] : []),
    ...(options.containerCheckMs === undefined
      ? []
      : [`-Dznode.container.checkIntervalMs=${options.containerCheckMs}`]),
    ...(options.maxPacketBytes ? [`-Djute.maxbuffer=${options.maxPacketBytes}`] : []),
    ...(options.superPassword
      ? [`-Dzookeeper.DigestAuthenticationProvider.superDigest=${superId(options.superPassword)}`]
      : []),
  ];
}

function superId(password: string): string {
  return `super:${createHash("sha1").update(`super:${password}`).digest("base64")}`;
}

/** With which the fixture itself gets in; none where everybody may. */
export function superCredential({ superPassword }: ServerOptions): string | undefined {
  return superPassword === undefined ? undefined : `super:${superPassword}`;
}
