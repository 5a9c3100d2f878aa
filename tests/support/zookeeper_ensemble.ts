import { copyFile, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCertificates } from "./certificates.ts";
import { freePorts } from "./free_port.ts";
import { jvmCommand, whyNoJars } from "./jvm_zookeeper.ts";
import { createNodes, fourLetterWord } from "./raw_session.ts";
import { LOOPBACK, ServerProcess } from "./server_process.ts";
import { configFile, type ServerOptions } from "./zookeeper_config.ts";
import type { ZooKeeperServer } from "./zookeeper_server.ts";

/** What one server of an ensemble does; `not_serving`: it runs, and waits for a majority. */
export type MemberRole = "leader" | "follower" | "not_serving" | "down";

/** Servers of Debian's package that make one ZooKeeper. */
export interface Ensemble {
  readonly members: readonly ServerProcess[];
  /** All of them, plain. */
  readonly hosts: string;
  /** All of them by TLS, with what is needed for it; null where it was started without. */
  readonly tls: ZooKeeperServer["tls"] | null;
  /** All roles by now, in the order of `members`. */
  roles(): Promise<MemberRole[]>;
  /** Members by what they do, once one leads and all that run follow it. */
  settled(): Promise<{ readonly leader: ServerProcess; readonly followers: ServerProcess[] }>;
  /** Creates an empty node for one test and gives its path. */
  freshRoot(): Promise<string>;
  /** Ends all of it, and removes its data. */
  stop(): Promise<void>;
}

/** Ports of a member besides those for clients. */
interface Place {
  readonly port: number;
  readonly securePort: number;
  readonly quorumPort: number;
  readonly electionPort: number;
}

/**
 * Patience, in ticks, of members with each other: six and five seconds, since a busy machine must not
 * make them elect anew. A member that is killed is noticed at once, by its connections.
 */
const INIT_LIMIT = 24;
const SYNC_LIMIT = 20;

/** Another program may take a free port before a member does. */
const START_ATTEMPTS = 3;
const SETTLE_MS = 30_000;
const PROBE_MS = 20;
const PROBE_ANSWER_MS = 500;

/** Why no ensemble can be started here; null where it can. */
export const whyNoEnsemble = whyNoJars;

/** Starts an ensemble of so many servers; resolves when all of them serve. */
export async function startEnsemble(size: number, options: ServerOptions = {}): Promise<Ensemble> {
  for (let attempt = 1;; attempt++) {
    const ensemble = await prepareEnsemble(size, options);
    try {
      await Promise.all(ensemble.members.map((member) => member.start()));
      return ensemble;
    } catch (error) {
      const logs = await Promise.all(ensemble.members.map((member) => member.log()));
      await ensemble.stop();
      const portTaken = logs.some((log) => log.includes("Address already in use"));
      if (!portTaken || attempt === START_ATTEMPTS) throw error;
    }
  }
}

/** The same, with none of its servers started yet. */
export async function prepareEnsemble(
  size: number,
  options: ServerOptions = {},
): Promise<Ensemble> {
  const ports = await freePorts(4 * size);
  const places = Array.from({ length: size }, (_, index): Place => {
    const [port = 0, securePort = 0, quorumPort = 0, electionPort = 0] = ports.slice(4 * index);
    return { port, securePort, quorumPort, electionPort };
  });
  const directories = await Promise.all(
    places.map(() => mkdtemp(join(tmpdir(), "zookeeper-"))),
  );
  const [first = ""] = directories;
  const certificates = options.tls ? await makeCertificates(first) : undefined;
  const members = await Promise.all(places.map(async ({ port, securePort }, index) => {
    const dataDir = directories[index] ?? "";
    if (certificates !== undefined && dataDir !== first) {
      for (const name of ["ca.pem", "server.pem"]) {
        await copyFile(join(first, name), join(dataDir, name));
      }
    }
    const config = join(dataDir, "zoo.cfg");
    const place = { dataDir, bindAddress: LOOPBACK, port, securePort };
    await writeFile(config, configFile(options, place) + ensembleLines(places));
    await writeFile(join(dataDir, "myid"), `${index + 1}\n`);
    return new ServerProcess({
      ...jvmCommand({ heapMb: 128, ...options }, config),
      port,
      dataDir,
      options,
      tls: certificates && { hosts: `localhost:${securePort}`, options: certificates },
    });
  }));
  const secure = places.map(({ securePort }) => `localhost:${securePort}`).join(",");
  return new LocalEnsemble(members, certificates ? { hosts: secure, options: certificates } : null);
}

function ensembleLines(places: readonly Place[]): string {
  const servers = places.map(({ quorumPort, electionPort }, index) =>
    `server.${index + 1}=${LOOPBACK}:${quorumPort}:${electionPort}`
  );
  return [`initLimit=${INIT_LIMIT}`, `syncLimit=${SYNC_LIMIT}`, ...servers, ""].join("\n");
}

class LocalEnsemble implements Ensemble {
  readonly members: readonly ServerProcess[];
  readonly hosts: string;
  readonly tls: ZooKeeperServer["tls"] | null;
  #roots = 0;

  constructor(members: readonly ServerProcess[], tls: ZooKeeperServer["tls"] | null) {
    this.members = members;
    this.hosts = members.map(({ hosts }) => hosts).join(",");
    this.tls = tls;
  }

  roles(): Promise<MemberRole[]> {
    return Promise.all(this.members.map(roleOf));
  }

  async settled() {
    const deadline = performance.now() + SETTLE_MS;
    for (;;) {
      const roles = await this.roles();
      const leader = this.members[roles.indexOf("leader")];
      if (leader !== undefined && !roles.includes("not_serving")) {
        return { leader, followers: this.members.filter((_, at) => roles[at] === "follower") };
      }
      if (performance.now() > deadline) throw new Error(`Nobody leads: ${roles.join(", ")}`);
      await new Promise((resolve) => setTimeout(resolve, PROBE_MS));
    }
  }

  async freshRoot(): Promise<string> {
    const root = `/test-${++this.#roots}`;
    const { leader } = await this.settled();
    await createNodes(LOOPBACK, leader.port, [root]);
    return root;
  }

  async stop(): Promise<void> {
    await Promise.all(this.members.map((member) => member.stop()));
  }
}

async function roleOf({ port }: ServerProcess): Promise<MemberRole> {
  let answer: string;
  try {
    answer = await fourLetterWord(LOOPBACK, port, "srvr", PROBE_ANSWER_MS);
  } catch {
    return "down";
  }
  const mode = /^Mode: (leader|follower)$/m.exec(answer)?.[1];
  return mode === "leader" || mode === "follower" ? mode : "not_serving";
}
