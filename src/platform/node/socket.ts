import { connect as connectTcp, isIP, type Socket } from "node:net";
import type {
  Connection,
  ConnectionHandlers,
  Endpoint,
  TlsOptions,
} from "../../zookeeper/environment.ts";

/** ms of silence after which the kernel starts to probe a connection that nobody uses. */
const KEEP_ALIVE_MS = 15_000;

/**
 * Opens a connection to a server, over TLS where options for it are given. Never throws: whatever
 * goes wrong, be it the name, the network or a certificate, is told by `closed(error)`, once, and
 * never before `dial` has returned. A server that ends its side is left at once: this protocol has
 * no use for a half-open stream.
 */
export function dial(
  endpoint: Endpoint,
  tls: TlsOptions | undefined,
  handlers: ConnectionHandlers,
): Connection {
  const connection = new SocketConnection(handlers);
  if (tls) {
    // Costs milliseconds of start-up, which most users have no need to pay.
    import("node:tls").then(
      (module) => connection.attach(() => openTls(module, endpoint, tls)),
      (error) =>
        connection.attach(() => {
          throw error;
        }),
    );
  } else {
    connection.attach(() => openTcp(endpoint));
  }
  return connection;
}

interface Opening {
  readonly socket: Socket;
  /** Event after which bytes may flow. */
  readonly ready: "connect" | "secureConnect";
}

function openTcp({ host, port }: Endpoint): Opening {
  return { socket: connectTcp({ host, port }), ready: "connect" };
}

function openTls(
  { checkServerIdentity, connect }: typeof import("node:tls"),
  { host, port }: Endpoint,
  { serverName = host, ...pem }: TlsOptions,
): Opening {
  const socket = connect({
    host,
    port,
    ...pem,
    // An address is checked against the certificate, but must not be announced as a name.
    ...(isIP(serverName) ? {} : { servername: serverName }),
    checkServerIdentity: (_name, certificate) => checkServerIdentity(serverName, certificate),
  });
  return { socket, ready: "secureConnect" };
}

class SocketConnection implements Connection {
  readonly #handlers: ConnectionHandlers;
  #socket: Socket | undefined;
  #destroyed = false;
  #closed = false;
  #error: Error | undefined;

  constructor(handlers: ConnectionHandlers) {
    this.#handlers = handlers;
  }

  write(bytes: Uint8Array): void {
    if (this.#destroyed || this.#closed) return;
    if (!this.#socket) throw new Error("Cannot write before the connection is opened");
    this.#socket.write(bytes);
  }

  destroy(): void {
    this.#destroyed = true;
    this.#socket?.destroy();
  }

  /** Opens the socket and listens to it in one step, since its events may come in the next tick. */
  attach(open: () => Opening): void {
    if (this.#destroyed) return this.#close(undefined);
    try {
      this.#listen(open());
    } catch (error) {
      queueMicrotask(() => this.#close(asError(error)));
    }
  }

  #listen({ socket, ready }: Opening): void {
    this.#socket = socket;
    socket.on("error", (error) => {
      this.#error ??= asError(error);
      socket.destroy();
    });
    socket.on("close", () => this.#close(this.#error));
    socket.on("end", () => socket.destroy());
    socket.on(ready, () => {
      if (this.#destroyed) return;
      socket.setNoDelay(true);
      socket.setKeepAlive(true, KEEP_ALIVE_MS);
      this.#handlers.opened();
    });
    socket.on("data", (chunk: Uint8Array) => {
      if (!this.#destroyed) this.#handlers.data(chunk);
    });
  }

  #close(error: Error | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#handlers.closed(error);
  }
}

/** One error with a message, also where every address of a name has failed with its own. */
function asError(error: unknown): Error {
  if (error instanceof AggregateError) {
    return new Error(error.errors.map((each) => asError(each).message).join("; "), {
      cause: error,
    });
  }
  return error instanceof Error ? error : new Error(String(error));
}
