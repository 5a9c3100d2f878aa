import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createNodes, fourLetterWord } from "./raw_session.ts";
import { type ServerOptions, superCredential } from "./zookeeper_config.ts";
import type { ZooKeeperServer } from "./zookeeper_server.ts";

export const LOOPBACK = "127.0.0.1";

const START_MS = 30_000;
const STOP_MS = 5_000;
const PROBE_MS = 20;
/** A server that starts may accept a connection and never answer on it. */
const PROBE_ANSWER_MS = 500;

/** How to start a server, and where it will be found. */
export interface ServerProgram {
  readonly command: string;
  readonly args: readonly string[];
  readonly port: number;
  /** Its own alone, by which it is known; removed when it is stopped. */
  readonly dataDir: string;
  readonly options: ServerOptions;
  readonly tls: ZooKeeperServer["tls"];
}

/** A server in a process of this machine, that nothing outlives: not even when the tests are killed. */
export class ServerProcess implements ZooKeeperServer {
  readonly hosts: string;
  readonly port: number;
  readonly dataDir: string;
  readonly tls: ZooKeeperServer["tls"];
  readonly #program: ServerProgram;
  readonly #guard: Guard;
  #process: ChildProcess | undefined;
  #roots = 0;

  constructor(program: ServerProgram) {
    this.hosts = `${LOOPBACK}:${program.port}`;
    this.port = program.port;
    this.dataDir = program.dataDir;
    this.tls = program.tls;
    this.#program = program;
    this.#guard = new Guard(program.dataDir);
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  async start(): Promise<void> {
    await this.#ready(await this.launch());
  }

  /** Starts it, and leaves it at that: one of an ensemble serves only once there is a majority. */
  async launch(): Promise<ChildProcess> {
    const log = openSync(join(this.dataDir, "server.log"), "a");
    const { command, args } = this.#program;
    const server = spawn(command, args, { cwd: this.dataDir, stdio: ["ignore", log, log] });
    await once(server, "spawn");
    server.unref();
    this.#process = server;
    this.#guard.watch(server.pid);
    return server;
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

  async pause(): Promise<void> {
    this.#signal("SIGSTOP");
    // The signal is sent, not yet obeyed: a thread on another processor may answer a little longer.
    while (this.pid !== undefined && runsStill(this.pid)) await sleep(1);
  }

  resume(): Promise<void> {
    this.#signal("SIGCONT");
    return Promise.resolve();
  }

  async freshRoot(): Promise<string> {
    const root = `/test-${++this.#roots}`;
    await createNodes(LOOPBACK, this.port, [root], superCredential(this.#program.options));
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
      await sleep(PROBE_MS);
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

/** Whether a thread of a process is not stopped; where there is no /proc, nobody can tell. */
function runsStill(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).some((thread) =>
      !/\) [TtZX] /.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, "utf8"))
    );
  } catch {
    return false;
  }
}
