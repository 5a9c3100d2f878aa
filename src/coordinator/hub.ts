import type { Clock } from "../platform/clock.ts";
import type { SocketAddress } from "../platform/listener.ts";
import { Reader } from "../zookeeper/protocol/reader.ts";
import type { Member } from "./channel.ts";
import type { CoordinatorEnvironment } from "./environment.ts";
import type { CoordinatorLimits } from "./limits.ts";
import { WriterPool } from "./outbox.ts";
import type { Pipeline } from "./pipeline.ts";
import type { State } from "./state.ts";
import { Traffic } from "./statistics.ts";

/** Bytes held for all connections together; over it, the one with the most is cut off. */
const HELD_BYTES = 268_435_456;

/** Whose server this is, and whom it tells of defects. */
interface HubIdentity {
  readonly address: SocketAddress;
  readonly dataDirectory: string;
  readonly report: (error: unknown) => void;
}

/**
 * What all connections share. A turn begins with bytes from one of them, or with a group that is on
 * disk, and ends with all that was written in it being sent and the next group being started.
 */
export class Hub {
  readonly state: State;
  readonly pipeline: Pipeline;
  readonly options: CoordinatorLimits;
  readonly clock: Clock;
  readonly environment: CoordinatorEnvironment;
  readonly writers = new WriterPool();
  /** For the frame at hand. */
  readonly reader = new Reader();
  readonly traffic = new Traffic();
  readonly connections = new Set<Member>();
  readonly startedAt: number;
  /** ms of the monotonic clock at which this turn began. */
  now = 0;
  /** ms since 1970 since when no client is connected; null while one is. */
  idleSince: number | null;
  /** Where it listens. */
  address: SocketAddress;
  readonly dataDirectory: string;
  readonly #report: (error: unknown) => void;
  #clients = 0;
  /** Connections that have to say or hear something, with the moment until which they may. */
  readonly #waitedFor = new Map<Member, number>();
  readonly #stalled = new Set<Member>();
  #dirty: Member[] = [];

  constructor(
    state: State,
    pipeline: Pipeline,
    options: CoordinatorLimits,
    environment: CoordinatorEnvironment,
    { address, dataDirectory, report }: HubIdentity,
  ) {
    this.address = address;
    this.dataDirectory = dataDirectory;
    this.state = state;
    this.pipeline = pipeline;
    this.options = options;
    this.environment = environment;
    this.clock = environment.clock;
    this.#report = report;
    this.startedAt = environment.clock.now();
    this.idleSince = this.startedAt;
    this.now = environment.clock.monotonic();
  }

  /** Something went wrong that no client can have caused. */
  report(error: unknown): void {
    this.#report(error);
  }

  beginTurn(): void {
    this.now = this.clock.monotonic();
  }

  endTurn(): void {
    this.#goOnWithStalled();
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const connection of dirty) connection.flush();
    this.pipeline.start();
  }

  /** A connection has something to send at the end of the turn. */
  dirty(connection: Member): void {
    this.#dirty.push(connection);
  }

  /** A connection has frames that have to wait for room. */
  stall(connection: Member): void {
    this.#stalled.add(connection);
  }

  accept(connection: Member): void {
    this.connections.add(connection);
    this.waitFor(connection);
  }

  /** Gives a connection so long to greet, or to hear the last words. */
  waitFor(connection: Member): void {
    this.#waitedFor.set(connection, this.clock.monotonic() + this.options.handshakeTimeoutMs);
  }

  /** A connection belongs to a client now. */
  settled(connection: Member): void {
    this.#waitedFor.delete(connection);
    this.#clients++;
    this.idleSince = null;
  }

  forget(connection: Member): void {
    this.connections.delete(connection);
    this.#waitedFor.delete(connection);
    this.#stalled.delete(connection);
    if (!connection.isClient) return;
    this.#clients--;
    if (this.#clients === 0) this.idleSince = this.clock.now();
  }

  closeAll(): void {
    for (const connection of this.connections) connection.destroy();
  }

  /** Cuts off those who have kept silent for too long, and whoever makes the server hold too much. */
  sweep(): void {
    const now = this.clock.monotonic();
    for (const [connection, until] of this.#waitedFor) if (until <= now) connection.destroy();
    let held = 0;
    let greatest: Member | null = null;
    let greatestBytes = 0;
    for (const connection of this.connections) {
      const bytes = connection.heldBytes;
      held += bytes;
      if (bytes > greatestBytes) [greatest, greatestBytes] = [connection, bytes];
    }
    if (held > HELD_BYTES) greatest?.destroy();
  }

  #goOnWithStalled(): void {
    if (this.#stalled.size === 0) return;
    const stalled = [...this.#stalled];
    this.#stalled.clear();
    for (const connection of stalled) {
      if (connection.goOn()) this.#stalled.add(connection);
    }
  }
}
