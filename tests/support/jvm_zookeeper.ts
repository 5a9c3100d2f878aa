import { accessSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { makeCertificates } from "./certificates.ts";
import { freePorts } from "./free_port.ts";
import { LOOPBACK, ServerProcess } from "./server_process.ts";
import { configFile, jvmFlags, type ServerOptions } from "./zookeeper_config.ts";
import type { ZooKeeperServer } from "./zookeeper_server.ts";

const JAR_DIRECTORY = "/usr/share/java";
/** The server; those parts of Netty, for TLS, that its manifest lacks; a log on stderr. */
const JARS = ["zookeeper.jar", "netty-codec.jar", "netty-resolver.jar", "slf4j-simple.jar"];
const MAIN_CLASS = "org.apache.zookeeper.server.quorum.QuorumPeerMain";

/** Another program may take the free port before the server does. */
const START_ATTEMPTS = 3;

/** Why this machine has no ZooKeeper of Debian's packages to start; null where it has. */
export function whyNoJars(): string | null {
  try {
    for (const jar of JARS) accessSync(join(JAR_DIRECTORY, jar));
    return null;
  } catch (error) {
    return `no Debian package of it (${error instanceof Error ? error.message : String(error)})`;
  }
}

/** Starts a server of one's own from Debian's jars, with its data in a new temporary directory. */
export async function startJvm(options: ServerOptions): Promise<ZooKeeperServer> {
  for (let attempt = 1;; attempt++) {
    const server = await prepare(options);
    try {
      await server.start();
      return server;
    } catch (error) {
      const portTaken = (await server.log()).includes("Address already in use");
      await server.stop();
      if (!portTaken || attempt === START_ATTEMPTS) throw error;
    }
  }
}

async function prepare(options: ServerOptions): Promise<ServerProcess> {
  const dataDir = await mkdtemp(join(tmpdir(), "zookeeper-"));
  const certificates = options.tls ? await makeCertificates(dataDir) : undefined;
  const [port = 0, securePort = 0] = await freePorts(2);
  const config = join(dataDir, "zoo.cfg");
  const place = { dataDir, bindAddress: LOOPBACK, port, securePort };
  await writeFile(config, configFile(options, place));
  return new ServerProcess({
    ...jvmCommand(options, config),
    port,
    dataDir,
    options,
    tls: certificates && { hosts: `localhost:${securePort}`, options: certificates },
  });
}

/** How a server is started with a `zoo.cfg`. */
export function jvmCommand(
  options: ServerOptions,
  config: string,
): { readonly command: string; readonly args: string[] } {
  const classPath = JARS.map((jar) => join(JAR_DIRECTORY, jar)).join(delimiter);
  return { command: "java", args: [...jvmFlags(options), "-cp", classPath, MAIN_CLASS, config] };
}
