import type { Codec } from "./codec.ts";

/**
 * `proto.ConnectRequest`: first frame on a connection, without a header. Session id 0 asks for a
 * new session. A server whose last transaction is older than `lastZxidSeen` closes the connection.
 */
export interface ConnectRequest {
  readonly protocolVersion: number;
  readonly lastZxidSeen: bigint;
  /** ms. */
  readonly timeoutMs: number;
  readonly sessionId: bigint;
  /** 16 bytes, zeros for a new session. */
  readonly password: Uint8Array;
  /** Whether a server that has lost its quorum will do. Absent in requests of 3.3 and before. */
  readonly readOnly: boolean;
}

export const connectRequest: Codec<ConnectRequest> = {
  write: (writer, value) => {
    writer.int(value.protocolVersion);
    writer.long(value.lastZxidSeen);
    writer.int(value.timeoutMs);
    writer.long(value.sessionId);
    writer.buffer(value.password);
    writer.bool(value.readOnly);
  },
  read: (reader) => ({
    protocolVersion: reader.int(),
    lastZxidSeen: reader.long(),
    timeoutMs: reader.int(),
    sessionId: reader.long(),
    password: reader.buffer() ?? new Uint8Array(0),
    readOnly: reader.remaining > 0 && reader.bool(),
  }),
};

/** `proto.ConnectResponse`: a timeout of 0 says that the session asked for is gone. */
export interface ConnectResponse {
  readonly protocolVersion: number;
  /** ms, as granted: between 2 and 20 ticks of the server. */
  readonly timeoutMs: number;
  readonly sessionId: bigint;
  readonly password: Uint8Array;
  readonly readOnly: boolean;
}

export const connectResponse: Codec<ConnectResponse> = {
  write: (writer, value) => {
    writer.int(value.protocolVersion);
    writer.int(value.timeoutMs);
    writer.long(value.sessionId);
    writer.buffer(value.password);
    writer.bool(value.readOnly);
  },
  read: (reader) => ({
    protocolVersion: reader.int(),
    timeoutMs: reader.int(),
    sessionId: reader.long(),
    password: reader.buffer() ?? new Uint8Array(0),
    readOnly: reader.remaining > 0 && reader.bool(),
  }),
};
