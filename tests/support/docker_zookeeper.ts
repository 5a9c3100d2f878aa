import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GenericContainer, getContainerRuntimeClient, Wait } from "testcontainers";
import { type Certificates, makeCertificates } from "./certificates.ts";
import { freePorts } from "./free_port.ts";
import { createNodes, fourLetterWord } from "./raw_session.ts";
import { configFile, jvmFlags, type ServerOptions, superCredential } from "./zookeeper_config.ts";
import type { ZooKeeperServer } from "./zookeeper_server.ts";

const IMAGE = "zookeeper:3.9.3";
/** Directory of the image that ZooKeeper owns. */
const DATA_DIR = "/data";
const SERVES = /binding to port|bound to port/;
const START_MS = 60_000;
const PROBE_MS = 50;
/** A server that starts may accept a connection and never answer on it. */
const PROBE_ANSWER_MS = 500;

/** Starts the official image, on host ports that stay the same over a restart. */
export async function startContainer(options: ServerOptions): Promise<ZooKeeperServer> {
  const directory = await mkdtemp(join(tmpdir(), "zookeeper-"));
  const certificates = options.tls ? await makeCertificates(directory) : undefined;
  const [port = 0, securePort = 0] = await freePorts(2);
  const place = { dataDir: DATA_DIR, bindAddress: "0.0.0.0", port: 2181, securePort: 2281 };
  const container = await new GenericContainer(IMAGE)
    .withExposedPorts({ container: 2181, host: port }, { container: 2281, host: securePort })
    .withEnvironment({ SERVER_JVMFLAGS: jvmFlags(options).join(" ") })
    .withCopyContentToContainer([
      { content: configFile(options, place), target: "/conf/zoo.cfg" },
      ...await pemFiles(directory, certificates),
    ])
    .withWaitStrategy(Wait.forLogMessage(SERVES))
    .start();
  await rm(directory, { recursive: true });
  const engine = (await getContainerRuntimeClient()).container.getById(container.getId());
  const host = container.getHost();
  let roots = 0;
  await answers(host, port);
  return {
    hosts: `${host}:${port}`,
    port,
    tls: certificates && { hosts: `${host}:${securePort}`, options: certificates },
    dataDir: DATA_DIR,
    pid: undefined,
    freshRoot: async () => {
      const root = `/test-${++roots}`;
      await createNodes(host, port, [root], superCredential(options));
      return root;
    },
    stop: async () => {
      await container.stop();
    },
    kill: async () => {
      await engine.kill();
    },
    restart: async () => {
      await engine.restart();
      await answers(host, port);
    },
    pause: async () => {
      await engine.pause();
    },
    resume: async () => {
      await engine.unpause();
    },
  };
}

async function pemFiles(directory: string, certificates: Certificates | undefined) {
  if (!certificates) return [];
  return await Promise.all(["ca.pem", "server.pem"].map(async (name) => ({
    content: await readFile(join(directory, name)),
    target: `${DATA_DIR}/${name}`,
  })));
}

/** Waits until the server serves; a mapped port accepts connections long before that. */
async function answers(host: string, port: number): Promise<void> {
  const deadline = performance.now() + START_MS;
  for (;;) {
    const answer = await fourLetterWord(host, port, "srvr", PROBE_ANSWER_MS).catch(() => "");
    if (answer.startsWith("Zookeeper version")) return;
    if (performance.now() > deadline) throw new Error("ZooKeeper in its container does not serve");
    await new Promise((resolve) => setTimeout(resolve, PROBE_MS));
  }
}
