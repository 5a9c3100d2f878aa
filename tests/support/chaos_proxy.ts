import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { type Flow, Pipe } from "./chaos_pipe.ts";

export type Direction = "to_server" | "to_client";

const DIRECTIONS = ["to_server", "to_client"] as const;

/** One accepted connection and its counterpart at the target. */
interface Link {
  readonly client: Socket;
  readonly server: Socket;
  readonly pipes: Record<Direction, Pipe>;
}

interface Fuse {
  readonly direction: Direction;
  bytesLeft: number;
  readonly burn: () => void;
}

/** Starts a proxy on a free port of the loopback interface, in front of `host:port`. */
export async function startProxy(target: string | { readonly hosts: string }): Promise<ChaosProxy> {
  const url = new URL(`tcp://${typeof target === "string" ? target : target.hosts}`);
  const proxy = new ChaosProxy(url.hostname, Number(url.port));
  await proxy.accept();
  return proxy;
}

/** A network that can be made to fail: every fault holds for open and for later connections. */
export class ChaosProxy {
  /** Connections accepted so far. */
  accepted = 0;
  /** Bytes passed on so far. */
  readonly forwarded: Record<Direction, number> = { to_server: 0, to_client: 0 };
  /** Sees each chunk that arrives, before any fault applies to it. */
  tap: ((direction: Direction, chunk: Uint8Array) => void) | undefined;

  readonly #host: string;
  readonly #targetPort: number;
  readonly #links = new Set<Link>();
  readonly #flows: Record<Direction, Flow> = {
    to_server: { held: false, delayMs: 0 },
    to_client: { held: false, delayMs: 0 },
  };
  #listener: Server | undefined;
  #port = 0;
  #fuse: Fuse | undefined;

  constructor(host: string, targetPort: number) {
    this.#host = host;
    this.#targetPort = targetPort;
  }

  get port(): number {
    return this.#port;
  }

  get hosts(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#links.size;
  }

  /** Ends every connection, on both sides: with a RST, or in good order with a FIN. */
  cut(how: "reset" | "end" = "reset"): void {
    for (const link of this.#links) this.#cutLink(link, how);
  }

  /**
   * Holds back all bytes, also the ends of connections, until it is turned off; then they arrive
   * late, as TCP would deliver them. New connections are accepted.
   */
  blackhole(on: boolean, direction: Direction | "both" = "both"): void {
    for (const each of direction === "both" ? DIRECTIONS : [direction]) {
      this.#flows[each].held = on;
      for (const link of this.#links) link.pipes[each].wake();
    }
  }

  /** Every chunk arrives this much later, in both directions. */
  delay(ms: number): void {
    for (const each of DIRECTIONS) this.#flows[each].delayMs = ms;
  }

  /** Sends a FIN to the clients alone: they may still write, and the server hears nothing of it. */
  halfClose(): void {
    for (const link of this.#links) {
      link.pipes.to_client.abandon();
      link.client.end();
    }
  }

  /** The server's side of every connection goes away, and the clients hear nothing of it. */
  orphan(): void {
    for (const link of this.#links) {
      for (const each of DIRECTIONS) link.pipes[each].abandon();
      link.server.destroy();
    }
  }

  /**
   * Passes on `bytes` more in a direction and cuts the connection at the byte after them; resolves
   * when that has happened. With 0 to the client, the server has carried out a request whose reply
   * is lost; with 0 to the server, the request is lost.
   */
  cutAfterBytes(bytes: number, direction: Direction): Promise<void> {
    return new Promise((resolve) => {
      this.#fuse = { direction, bytesLeft: bytes, burn: resolve };
    });
  }

  /** Stops listening: new connections are refused, open ones stay. */
  refuse(): void {
    this.#listener?.close();
    this.#listener = undefined;
  }

  /** Listens again, on the same port. */
  async accept(): Promise<void> {
    const listener = createServer({ allowHalfOpen: true }, (client) => this.#link(client));
    await once(listener.listen(this.#port, "127.0.0.1"), "listening");
    const address = listener.address();
    if (address === null || typeof address === "string") throw new Error("No port was given");
    this.#port = address.port;
    this.#listener = listener;
  }

  /** Ends it, with all its connections. */
  close(): void {
    this.refuse();
    this.cut();
  }

  #link(client: Socket): void {
    this.accepted += 1;
    const server = connect({
      host: this.#host,
      port: this.#targetPort,
      allowHalfOpen: true,
      noDelay: true,
    });
    client.setNoDelay(true);
    const pipes = {
      to_server: new Pipe(server, this.#flows.to_server),
      to_client: new Pipe(client, this.#flows.to_client),
    };
    const link: Link = { client, server, pipes };
    this.#links.add(link);
    this.#forward(link, client, "to_server");
    this.#forward(link, server, "to_client");
  }

  #forward(link: Link, from: Socket, direction: Direction): void {
    const pipe = link.pipes[direction];
    from.on("data", (chunk: Uint8Array) => {
      this.tap?.(direction, chunk);
      const fuse = this.#fuse;
      if (fuse?.direction === direction && chunk.length > fuse.bytesLeft) {
        this.#fuse = undefined;
        this.#forwardBytes(pipe, direction, chunk.subarray(0, fuse.bytesLeft));
        this.#cutLink(link, "end");
        fuse.burn();
        return;
      }
      if (fuse?.direction === direction) fuse.bytesLeft -= chunk.length;
      this.#forwardBytes(pipe, direction, chunk);
    });
    from.on("end", () => pipe.end());
    // What follows a reset tells enough: the other side is reset too.
    from.on("error", () => {});
    from.on("close", () => {
      pipe.destroy();
      if (link.client.destroyed && link.server.destroyed) this.#links.delete(link);
    });
  }

  #forwardBytes(pipe: Pipe, direction: Direction, bytes: Uint8Array): void {
    this.forwarded[direction] += bytes.length;
    pipe.write(bytes);
  }

  #cutLink(link: Link, how: "reset" | "end"): void {
    for (const each of DIRECTIONS) link.pipes[each].abandon();
    this.#links.delete(link);
    for (const socket of [link.client, link.server]) {
      if (how === "end") socket.destroySoon();
      else socket.resetAndDestroy();
    }
  }
}
