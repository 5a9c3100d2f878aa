import { once } from "node:events";
import { connect, type Socket } from "node:net";

/**
 * Just enough of ZooKeeper's protocol to prepare and probe a server without the client under test,
 * so that a broken client cannot pass for a broken server. Frames are a 32-bit length and a body,
 * all integers big-endian (zookeeper.jute of Apache ZooKeeper 3.8).
 */

const CREATE = 1;
const AUTH = 100;
const AUTH_XID = -4;
const CLOSE_SESSION = -11;
const NODE_EXISTS = -110;
const PERSISTENT = 0;
const ALL_PERMISSIONS = 31;

/** ms that a server on the same machine may take for one answer. */
const ANSWER_MS = 5_000;

/** The answer to a four-letter word such as `srvr`; rejects where nobody answers within `ms`. */
export async function fourLetterWord(
  host: string,
  port: number,
  word: string,
  ms = ANSWER_MS,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  await withSocket(host, port, ms, (socket, resolve) => {
    socket.on("data", (chunk: Uint8Array) => chunks.push(chunk));
    socket.on("end", () => resolve(undefined));
    socket.write(word);
  });
  return Buffer.concat(chunks).toString("utf8");
}

/**
 * Creates persistent nodes in one session, in order; those that exist already are left alone. With a
 * credential such as `user:password` the session authenticates first, by the scheme `digest`.
 */
export async function createNodes(
  host: string,
  port: number,
  paths: string[],
  credential?: string,
): Promise<void> {
  const steps = credential === undefined ? 1 : 2;
  await withSocket(host, port, ANSWER_MS, (socket, resolve, reject) => {
    let received = Buffer.alloc(0);
    let answers = 0;
    socket.on("data", (chunk: Uint8Array) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) {
        const frame = received.subarray(4, 4 + received.readInt32BE(0));
        received = received.subarray(4 + frame.length);
        // The first answer opens the session; the others begin with xid (4), zxid (8), error (4).
        const error = answers === 0 ? 0 : frame.readInt32BE(12);
        if (error !== 0 && error !== NODE_EXISTS) {
          const what = answers < steps ? "authenticate" : `create ${paths[answers - steps]}`;
          reject(new Error(`Cannot ${what}: error ${error}`));
        }
        answers += 1;
        if (answers === steps + paths.length + 1) resolve(undefined);
      }
    });
    socket.write(connectRequest());
    if (credential !== undefined) socket.write(authRequest(credential));
    paths.forEach((path, index) => socket.write(createRequest(index + 1, path)));
    socket.write(frameOf(int32(paths.length + 1), int32(CLOSE_SESSION)));
  });
}

/** What a session is known by: its id and password as the server gave them. */
export interface SessionKey {
  readonly sessionId: bigint;
  readonly password: Uint8Array;
}

/** Reads the key from a server's first answer on a connection, its length field included. */
export function sessionKeyOf(connectResponse: Uint8Array): SessionKey {
  const bytes = Buffer.from(connectResponse);
  // Length, protocol version and timeout of 4 bytes each; id (8); length (4) and password (16).
  return { sessionId: bytes.readBigInt64BE(12), password: bytes.subarray(24, 40) };
}

/** Attaches to a session; resolves with the open socket when the server has answered. */
export async function attachSession(host: string, port: number, key: SessionKey): Promise<Socket> {
  const socket = connect({ host, port });
  socket.write(connectRequest(key));
  await once(socket, "data");
  return socket;
}

function withSocket(
  host: string,
  port: number,
  ms: number,
  use: (
    socket: Socket,
    resolve: (value: undefined) => void,
    reject: (error: Error) => void,
  ) => void,
): Promise<undefined> {
  const socket = connect({ host, port });
  const done = new Promise<undefined>((resolve, reject) => {
    const slow = setTimeout(
      () => reject(new Error(`No answer from ${host}:${port} within ${ms} ms`)),
      ms,
    );
    socket.on("close", () => {
      clearTimeout(slow);
      reject(new Error(`${host}:${port} closed the connection`));
    });
    socket.on("error", reject);
    socket.on("connect", () => use(socket, resolve, reject));
  });
  return done.finally(() => socket.destroy());
}

const NEW_SESSION: SessionKey = { sessionId: 0n, password: new Uint8Array(16) };

function connectRequest({ sessionId, password }: SessionKey = NEW_SESSION): Uint8Array {
  const [protocolVersion, lastZxid, timeoutMs] = [int32(0), int64(0n), int32(10_000)];
  const readOnly = Buffer.from([0]);
  return frameOf(
    protocolVersion,
    lastZxid,
    timeoutMs,
    int64(sessionId),
    int32(password.length),
    password,
    readOnly,
  );
}

function authRequest(credential: string): Uint8Array {
  const kind = int32(0);
  return frameOf(int32(AUTH_XID), int32(AUTH), kind, text("digest"), text(credential));
}

function createRequest(xid: number, path: string): Uint8Array {
  const acl = [int32(1), int32(ALL_PERMISSIONS), text("world"), text("anyone")];
  return frameOf(int32(xid), int32(CREATE), text(path), text(""), ...acl, int32(PERSISTENT));
}

function frameOf(...parts: Uint8Array[]): Uint8Array {
  const body = Buffer.concat(parts);
  return Buffer.concat([int32(body.length), body]);
}

function text(value: string): Uint8Array {
  const bytes = Buffer.from(value, "utf8");
  return Buffer.concat([int32(bytes.length), bytes]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}
