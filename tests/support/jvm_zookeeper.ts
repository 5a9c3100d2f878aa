import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, openSync } from "node:fs";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { makeCertificates } from "./certificates.ts";
import { freePorts } from "./free_port.ts";
import { createNodes, fourLetterWord } from "./raw_session.ts";
import { configFile, jvmFlags, type ServerOptions, superCredential } from "./zookeeper_config.ts";
import type { ZooKeeperServer } from "./zookeeper_server.ts";

const LOOPBACK = "127.0.0.1";
const JAR_DIRECTORY = "/usr/share/java";
/** The server; those parts of Netty, for TLS, that its manifest lacks; a log on stderr. */
const JARS = ["zookeeper.jar", "netty-codec.jar", "netty-resolver.jar", "slf4j-simple.jar"];
const MAIN_CLASS = "org.apache.zookeeper.server.quorum.QuorumPeerMain";

const START_MS = 30_000;
const STOP_MS = 5_000;
const PROBE_MS = 20;
/** A server that starts may accept a connection and never answer on it. */
const PROBE_ANSWER_MS = 500;
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
    const server = await JvmServer.prepare(options);
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

class JvmServer implements ZooKeeperServer {
  readonly hosts: string;
  readonly port: number;
  readonly dataDir: string;
  readonly tls: ZooKeeperServer["tls"];
  readonly #options: ServerOptions;
  readonly #guard: Guard;
  #process: ChildProcess | undefined;
  #roots = 0;

  constructor(port: number, dataDir: string, options: ServerOptions, tls: ZooKeeperServer["tls"]) {
    this.hosts = `${LOOPBACK}:${port}`;
    this.port = port;
    this.dataDir = dataDir;
    this.tls = tls;
    this.#options = options;
    this.#guard = new Guard(dataDir);
  }

  static async prepare(options: ServerOptions): Promise<JvmServer> {
    const dataDir = await mkdtemp(join(tmpdir(), "zookeeper-"));
    const certificates = options.tls ? await makeCertificates(dataDir) : undefined;
    const [port = 0, securePort = 0] = await freePorts(2);
    const place = { dataDir, bindAddress: LOOPBACK, port, securePort };
    await writeFile(join(dataDir, "zoo.cfg"), configFile(options, place));
    const tls = certificates && { hosts: `localhost:${securePort}`, options: certificates };
    return new JvmServer(port, dataDir, options, tls);
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  async start(): Promise<void> {
    const log = openSync(join(this.dataDir, "server.log"), "a");
    const classPath = JARS.map((jar) => join(JAR_DIRECTORY, jar)).join(delimiter);
    const config = join(this.dataDir, "zoo.cfg");
    const server = spawn(
      "java",
      [...jvmFlags(this.#options), "-cp", classPath, MAIN_CLASS, config],
      {
        cwd: this.dataDir,
        stdio: ["ignore", log, log],
      },
    );
    await once(server, "spawn");
    server.unref();
    this.#process = server;
    this.#guard.watch(server.pid);
    await this.#ready(server);
  }

  async stop(): Promise<void> {
    await this.resume();
    await this.#end("SIGTERM");
    await this.#guard.close();
  }

  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async restart(): Promise<void> {
    await this.resume();
    await this.#end("SIGTERM");
    await this.start();
  }

  pause(): Promise<void> {
    this.#signal("SIGSTOP");
    return Promise.resolve();
  }

  resume(): Promise<void> {
    this.#signal("SIGCONT");
    return Promise.resolve();
  }

  async freshRoot(): Promise<string> {
    const root = `/test-${++this.#roots}`;
    await createNodes(LOOPBACK, this.port, [root], superCredential(this.#options));
    return root;
  }

  log(): Promise<string> {
    return readFile(join(this.dataDir, "server.log"), "utf8");
  }

  async #ready(server: ChildProcess): Promise<void> {
    const deadline = performance.now() + START_MS;
    while (!await this.#answers()) {
      if (!isAlive(server) || performance.now() > deadline) {
        throw new Error(
          `Cannot start ZooKeeper in ${this.dataDir}:\n${(await this.log()).slice(-2_000)}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, PROBE_MS));
    }
  }

  /** Whether a server serves, and is this one: it names the data directory that it alone has. */
  async #answers(): Promise<boolean> {
    const answer = await fourLetterWord(LOOPBACK, this.port, "conf", PROBE_ANSWER_MS).catch(() =>
      ""
    );
    const [, dataDir] = /^dataDir=(.*)\/version-2$/m.exec(answer) ?? [];
    if (dataDir !== undefined && dataDir !== this.dataDir) {
      throw new Error(`Port ${this.port} is served from ${dataDir}, not from ${this.dataDir}`);
    }
    return dataDir !== undefined;
  }

  /** By its id: under Deno a child that was sent one signal gets no other by its own `kill`. */
  #signal(signal: NodeJS.Signals, server = this.#process): void {
    if (server?.pid !== undefined && isAlive(server)) process.kill(server.pid, signal);
  }

  async #end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const server = this.#process;
    this.#process = undefined;
    if (server && isAlive(server)) {
      server.ref();
      const exited = once(server, "exit");
      const impatience = setTimeout(() => this.#signal("SIGKILL", server), STOP_MS);
      this.#signal(signal, server);
      await exited;
      clearTimeout(impatience);
    }
    this.#guard.watch(undefined);
  }
}

function isAlive(server: ChildProcess): boolean {
  return server.exitCode === null && server.signalCode === null;
}

/**
 * Ends the server and removes its data when this process ends, however it ends: a shell reads from a
 * pipe, which the kernel closes for a process that was killed, too. In a session of its own, so that
 * a Ctrl-C does not reach it first.
 */
class Guard {
  readonly #shell: ChildProcess;

  constructor(dataDir: string) {
    const script = `while read -r line; do pid=$line; done
      [ -z "$pid" ] || kill -9 "$pid"
      rm -rf "$1"`;
    this.#shell = spawn("sh", ["-c", script, "sh", dataDir], {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
    });
    this.#shell.unref();
  }

  /** From now on, this is the process to end; none where it has ended already. */
  watch(pid: number | undefined): void {
    this.#shell.stdin?.write(`${pid ?? ""}\n`);
  }

  async close(): Promise<void> {
    this.#shell.ref();
    const exited = once(this.#shell, "exit");
    this.#shell.stdin?.end();
    await exited;
  }
}
