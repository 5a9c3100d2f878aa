import type { Listen, Peer, PeerHandlers, SocketAddress } from "../listener.ts";

/** The other side of a connection, in the hands of a test. */
export interface SimulatedCaller {
  /** All that the listener has sent and that was not taken yet. */
  take(): Uint8Array;
  write(bytes: Uint8Array): void;
  /** Closes the connection. */
  close(): void;
  readonly isClosed: boolean;
}

const ADDRESS: SocketAddress = { host: "127.0.0.1", port: 1 };

/** Listens to nobody but those who call it by `connect`, in the same process and at once. */
export class SimulatedListener {
  #accept: ((peer: Peer) => PeerHandlers) | null = null;

  readonly listen: Listen = (address, accept) => {
    this.#accept = accept;
    return Promise.resolve({
      address,
      close: () => {
        this.#accept = null;
        return Promise.resolve();
      },
    });
  };

  /** Throws where nobody listens. */
  connect(): SimulatedCaller {
    if (this.#accept === null) throw new Error("Connection refused");
    let sent: Uint8Array[] = [];
    let isClosed = false;
    const close = () => {
      if (isClosed) return;
      isClosed = true;
      handlers.closed();
    };
    const handlers = this.#accept({
      address: ADDRESS,
      bufferedBytes: 0,
      write: (bytes) => void sent.push(bytes),
      end: () => close(),
      destroy: () => close(),
      pause: () => {},
      resume: () => {},
    });
    return {
      take: () => {
        const all = new Uint8Array(sent.reduce((sum, { length }) => sum + length, 0));
        let offset = 0;
        for (const bytes of sent) {
          all.set(bytes, offset);
          offset += bytes.length;
        }
        sent = [];
        return all;
      },
      write: (bytes) => {
        if (!isClosed) handlers.data(bytes);
      },
      close,
      get isClosed() {
        return isClosed;
      },
    };
  }
}
