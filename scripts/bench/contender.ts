import { type ChildProcess, spawn } from "node:child_process";
import { createInterface, type Interface } from "node:readline";
import type { Kind } from "./load.ts";

/** What one slice of operations has cost. */
export interface Cost {
  /** Operations a second. */
  readonly rate: number;
  /** µs of processor time an operation, of the client's process alone. */
  readonly cpu: number;
}

/** A program that drives one client; see `serve` in load.ts for how it is talked to. */
export class Contender {
  readonly name: string;
  /** The node that its nodes are created under. */
  readonly root: string;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(name: string, root: string, child: ChildProcess, lines: Interface) {
    this.name = name;
    this.root = root;
    this.#child = child;
    this.#lines = lines[Symbol.asyncIterator]();
  }

  /** Resolves when it is connected. */
  static async start(
    name: string,
    command: readonly string[],
    target: { readonly hosts: string; readonly root: string; readonly outstanding: number },
  ): Promise<Contender> {
    const { hosts, root, outstanding } = target;
    const [host = "", port = ""] = hosts.split(":");
    const [file = "", ...flags] = command;
    const child = spawn(file, [...flags, host, port, root, String(outstanding)], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const contender = new Contender(name, root, child, createInterface({ input: child.stdout }));
    await contender.#line();
    return contender;
  }

  /** Has it carry out operations on the nodes `from` up to `to`. */
  async run(kind: Kind, from: number, to: number): Promise<Cost> {
    this.#child.stdin?.write(`${kind} ${from} ${to}\n`);
    const [elapsedMs = NaN, cpuMs = NaN] = (await this.#line()).split(" ").map(Number);
    return { rate: (to - from) / elapsedMs * 1_000, cpu: cpuMs * 1_000 / (to - from) };
  }

  async stop(): Promise<void> {
    const exited = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.stdin?.end();
    await exited;
  }

  async #line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`${this.name} has ended before its time`);
    return value;
  }
}
