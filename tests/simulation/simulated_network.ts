import type { Listen, PeerHandlers } from "../../src/platform/listener.ts";
import type { Random } from "../../src/platform/random.ts";
import type { VirtualClock } from "../../src/platform/simulated/virtual_clock.ts";
import type { ConnectionHandlers, Environment } from "../../src/zookeeper/environment.ts";
import { Pipe } from "./pipe.ts";
import type { SimulatedProcess } from "./simulated_process.ts";
import type { Trace } from "./trace.ts";

/** Which way nothing gets through. */
export type Cut = "both" | "to_server" | "to_client";

interface Listener {
  readonly process: SimulatedProcess;
  readonly accept: Parameters<Listen>[1];
}

/** One TCP connection of a client. */
interface Line {
  readonly client: SimulatedProcess;
  readonly up: Pipe;
  readonly down: Pipe;
}

export interface NetworkOptions {
  readonly time: VirtualClock;
  readonly random: Random;
  readonly trace: Trace;
  /** ms that a chunk takes as a rule. */
  readonly latencyMs: number;
}

/**
 * The network between the processes and the one that serves them: streams of bytes in order, each chunk with
 * a delay of its own. A client can be cut off: what it sends, and what is sent to it, then waits, as TCP
 * does, until it is healed or one side gives up. A connection can break: a part of what is under way is lost.
 */
export class SimulatedNetwork {
  readonly #options: NetworkOptions;
  readonly #lines = new Set<Line>();
  readonly #cuts = new Map<SimulatedProcess, Cut>();
  #listener: Listener | null = null;
  #count = 0;

  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  /** How a process listens; it does until it ends. */
  listen(process: SimulatedProcess): Listen {
    return (address, accept) => {
      this.#listener = { process, accept };
      const close = () => {
        if (this.#listener?.process === process) this.#listener = null;
      };
      process.onEnd(close);
      return Promise.resolve({ address, close: () => Promise.resolve(close()) });
    };
  }

  /** How a process opens connections. */
  dial(client: SimulatedProcess): Environment["dial"] {
    return (_endpoint, _tls, handlers) => this.#open(client, handlers);
  }

  /** Cuts a client off. */
  cut(client: SimulatedProcess, how: Cut): void {
    this.#cuts.set(client, how);
    for (const line of this.#lines) if (line.client === client) this.#holdAsCut(line);
  }

  heal(client: SimulatedProcess): void {
    this.#cuts.delete(client);
    for (const line of this.#lines) if (line.client === client) this.#holdAsCut(line);
  }

  /** Breaks the connections of a client, of all where none is named. */
  reset(client?: SimulatedProcess): void {
    for (const line of [...this.#lines]) {
      if (client !== undefined && line.client !== client) continue;
      line.up.breakOff(this.#options.random);
      line.down.breakOff(this.#options.random);
    }
  }

  #holdAsCut({ client, up, down }: Line): void {
    const cut = this.#cuts.get(client);
    up.hold("cut", cut === "both" || cut === "to_server");
    down.hold("cut", cut === "both" || cut === "to_client");
  }

  #pipe(name: string): Pipe {
    const { time, random, trace, latencyMs } = this.#options;
    return new Pipe(time, () => {
      const isSlow = random.next() < 0.01;
      return latencyMs * (0.5 + random.next()) * (isSlow ? 30 : 1);
    }, (bytes) => trace.note(name, bytes));
  }

  #open(client: SimulatedProcess, handlers: ConnectionHandlers) {
    const name = `${++this.#count} ${client.name}`;
    const line: Line = { client, up: this.#pipe(`${name} >`), down: this.#pipe(`${name} <`) };
    this.#lines.add(line);
    this.#holdAsCut(line);
    let isClosed = false;
    const closed = (error?: Error) =>
      client.deliver(() => {
        if (isClosed) return;
        isClosed = true;
        unbreakable();
        line.up.send(null);
        handlers.closed(error);
      });
    const unbreakable = client.onBreak(() => closed(new Error("The connection broke")));
    line.down.onEnd = () => closed();
    line.up.send(() =>
      this.#arrive(line, {
        opened: () => client.deliver(() => isClosed || handlers.opened()),
        refused: () => closed(new Error("Connection refused")),
        data: (bytes) => client.deliver(() => isClosed || handlers.data(bytes)),
      })
    );
    client.onEnd(() => line.up.send(null));
    return {
      write: (bytes: Uint8Array) =>
        client.write((fraction) => {
          if (isClosed) return;
          const length = Math.floor(bytes.length * fraction);
          if (length > 0) line.up.send(bytes.subarray(0, length));
        }),
      destroy: () =>
        client.perform(() => {
          line.up.send(null);
          client.clock.timer(0, () => closed());
        }),
    };
  }

  /** The client's call reaches the machine that is called. */
  #arrive(
    line: Line,
    caller: {
      readonly opened: () => void;
      readonly refused: () => void;
      readonly data: (bytes: Uint8Array) => void;
    },
  ): void {
    const listener = this.#listener;
    if (listener === null) return line.down.send(caller.refused);
    line.down.send(caller.opened);
    line.down.onData = caller.data;
    const server = listener.process;
    let handlers: PeerHandlers | null = null;
    let isClosed = false;
    const closed = () =>
      server.deliver(() => {
        if (isClosed) return;
        isClosed = true;
        line.down.send(null);
        this.#lines.delete(line);
        handlers?.closed();
      });
    const end = () =>
      server.perform(() => {
        line.down.send(null);
        server.clock.timer(0, closed);
      });
    line.up.onEnd = closed;
    line.up.onData = (bytes) => server.deliver(() => isClosed || handlers?.data(bytes));
    server.onEnd(() => {
      this.#lines.delete(line);
      line.down.send(null);
    });
    server.deliver(() => {
      handlers = listener.accept({
        address: { host: "127.0.0.1", port: 1 },
        bufferedBytes: 0,
        write: (bytes) =>
          server.write((fraction) => {
            const length = Math.floor(bytes.length * fraction);
            if (!isClosed && length > 0) line.down.send(bytes.subarray(0, length));
          }),
        end,
        destroy: end,
        pause: () => line.up.hold("paused", true),
        resume: () => line.up.hold("paused", false),
      });
    });
  }
}
