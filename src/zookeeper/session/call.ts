import { type Outcome, ZooKeeperError, type ZooKeeperErrorCode } from "../errors.ts";
import { serverError } from "../protocol/error_codes.ts";
import { verbOf } from "../protocol/opcodes.ts";
import type { Reader } from "../protocol/reader.ts";
import type { Writer } from "../protocol/writer.ts";

/** What is asked of the server, and how its answer reads. */
export interface Request<T> {
  /** An `OpCode`. */
  readonly type: number;
  /** As the user gave it, for messages. */
  readonly path?: string;
  /** Writes the body; called when the request is sent, so it may depend on the connection. */
  write(writer: Writer): void;
  /** Reads the body of a reply without an error. */
  read(reader: Reader): T;
  /** Turns an error number of the server into a result; undefined leaves it an error. */
  recover?(error: number): T | undefined;
}

/** A request on its way, whatever its result: what a connection has to know of it. */
export interface Call {
  readonly type: number;
  readonly settled: boolean;
  xid: number;
  /** ms on the client's clock; when the user asked, Infinity where there is no deadline. */
  submittedAt: number;
  /** ms on the client's clock; when it was written to a connection, or queued. */
  sentAt: number;
  write(writer: Writer): void;
  succeed(reader: Reader): void;
  /** The server answered with an error number. */
  refuse(error: number): void;
  fail(code: ZooKeeperErrorCode, why: string, outcome: Outcome, cause?: unknown): void;
}

/** A request with its promise. */
export class PendingCall<T> implements Call {
  readonly #request: Request<T>;
  readonly #resolve: (value: T) => void;
  readonly #reject: (error: ZooKeeperError) => void;
  settled = false;
  xid = 0;
  submittedAt = Infinity;
  sentAt = 0;

  constructor(
    request: Request<T>,
    resolve: (value: T) => void,
    reject: (error: ZooKeeperError) => void,
  ) {
    this.#request = request;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  get type(): number {
    return this.#request.type;
  }

  write(writer: Writer): void {
    this.#request.write(writer);
  }

  succeed(reader: Reader): void {
    if (this.settled) return;
    let value: T;
    try {
      value = this.#request.read(reader);
    } catch (error) {
      // Results may be errors themselves (a `multi` that was refused); others tear the connection.
      if (!(error instanceof ZooKeeperError)) throw error;
      this.settled = true;
      return this.#reject(error);
    }
    this.settled = true;
    this.#resolve(value);
  }

  refuse(error: number): void {
    if (this.settled) return;
    const recovered = this.#request.recover?.(error);
    if (recovered !== undefined) {
      this.settled = true;
      return this.#resolve(recovered);
    }
    const { code, text, outcome } = serverError(error);
    this.fail(code, text, outcome);
  }

  fail(code: ZooKeeperErrorCode, why: string, outcome: Outcome, cause?: unknown): void {
    if (this.settled) return;
    this.settled = true;
    const { type, path } = this.#request;
    const what = path === undefined ? verbOf(type) : `${verbOf(type)} "${path}"`;
    this.#reject(
      new ZooKeeperError(code, `Cannot ${what}: ${why}`, { outcome, path, cause }),
    );
  }
}
