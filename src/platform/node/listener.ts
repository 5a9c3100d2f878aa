import { createServer, type Socket } from "node:net";
import type { Listen, Listening, Peer, PeerHandlers, SocketAddress } from "../listener.ts";

/** Connections that the kernel keeps for us while we are busy: a burst of many clients at once. */
const BACKLOG = 4_096;

/** Listens for TCP connections; port 0 takes one that is free. Rejects with the system's error. */
export const listen: Listen = (
  address: SocketAddress,
  accept: (peer: Peer) => PeerHandlers,
): Promise<Listening> => {
  const server = createServer({ noDelay: true, allowHalfOpen: false }, (socket) => {
    const peer = new SocketPeer(socket);
    peer.attach(accept(peer));
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: address.host, port: address.port, backlog: BACKLOG }, () => {
      server.off("error", reject);
      // A connection that could not be accepted (no descriptor left) is the client's to try again.
      server.on("error", () => {});
      const bound = server.address();
      const port = bound !== null && typeof bound === "object" ? bound.port : address.port;
      resolve({
        address: { host: address.host, port },
        close: () => new Promise((done) => server.close(() => done())),
      });
    });
  });
};

class SocketPeer implements Peer {
  readonly address: SocketAddress;
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.address = { host: socket.remoteAddress ?? "", port: socket.remotePort ?? 0 };
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  write(bytes: Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(bytes);
  }

  end(): void {
    this.#socket.end(() => this.#socket.destroy());
  }

  destroy(): void {
    this.#socket.destroy();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  attach(handlers: PeerHandlers): void {
    // Whatever breaks the connection closes it; there is nobody else to tell.
    this.#socket.on("error", () => this.#socket.destroy());
    this.#socket.on("data", (chunk: Uint8Array) => handlers.data(chunk));
    this.#socket.on("drain", () => handlers.drained());
    this.#socket.on("close", () => handlers.closed());
  }
}
