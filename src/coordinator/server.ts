import type { Timer } from "../platform/clock.ts";
import type { Listening, SocketAddress } from "../platform/listener.ts";
import { Reader } from "../zookeeper/protocol/reader.ts";
import { Connection } from "./connection.ts";
import type { CoordinatorEnvironment } from "./environment.ts";
import { Hub } from "./hub.ts";
import { type CoordinatorLimits, defaultLimits } from "./limits.ts";
import { Pipeline } from "./pipeline.ts";
import { prepareDeleteContainer } from "./preparation.ts";
import { statisticsOf } from "./server_statistics.ts";
import { expireSessions } from "./session_end.ts";
import { State } from "./state.ts";
import { loadSnapshot } from "./state_snapshot.ts";
import type { CoordinatorStatistics } from "./statistics.ts";
import type { Storage } from "./storage.ts";
import { transaction as transactionCodec } from "./transaction_codec.ts";

/** How a coordinator is to run. */
export interface CoordinatorOptions {
  /** Where to listen; port 0 takes one that is free. */
  readonly address: SocketAddress;
  /** Told by the four-letter word `conf` as `dataDir`, so that one can see whose server this is. */
  readonly dataDirectory: string;
  /** Default: `defaultLimits()`. */
  readonly limits?: CoordinatorLimits;
  /** Told of an error that no client can have caused: a defect, or a storage that broke. */
  readonly report: (error: unknown) => void;
}

/** A server that runs. */
export interface Coordinator {
  readonly address: SocketAddress;
  /** ms since 1970 since when no client is connected; null while one is. */
  readonly idleSince: number | null;
  /** Resolves when the server has ended: by `close` with null, else with what broke it. */
  readonly ended: Promise<unknown>;
  statistics(): CoordinatorStatistics;
  /** Answers what has been asked, closes all connections and the storage. Sessions stay. */
  close(): Promise<void>;
}

/**
 * Reads what the storage has kept, then serves ZooKeeper's protocol on it. Rejects where the storage
 * cannot be read, or the address cannot be listened on; the storage is closed then.
 */
export async function startCoordinator(
  options: CoordinatorOptions,
  environment: CoordinatorEnvironment,
): Promise<Coordinator> {
  const limits = options.limits ?? defaultLimits();
  const state = new State(limits.tickMs);
  await recover(state, environment.storage);
  const server = new Server(options, limits, environment, state);
  try {
    await server.listen();
  } catch (error) {
    await environment.storage.close();
    throw error;
  }
  return server;
}

async function recover(state: State, storage: Storage): Promise<void> {
  const { snapshot, records } = await storage.recover();
  try {
    if (snapshot !== null) loadSnapshot(state, snapshot);
    const reader = new Reader();
    for (const record of records) {
      reader.reset(record, 0, record.length);
      const transaction = transactionCodec.read(reader);
      if (transaction.zxid > state.lastZxid) state.apply(transaction);
    }
  } catch (error) {
    await storage.close();
    throw error;
  }
}

class Server implements Coordinator {
  readonly ended: Promise<unknown>;
  readonly #options: CoordinatorOptions;
  readonly #environment: CoordinatorEnvironment;
  readonly #hub: Hub;
  #listening: Listening | undefined;
  #timer: Timer | undefined;
  #nextContainerCheck: number;
  #closing: Promise<void> | undefined;
  #end: (error: unknown) => void = () => {};

  constructor(
    options: CoordinatorOptions,
    limits: CoordinatorLimits,
    environment: CoordinatorEnvironment,
    state: State,
  ) {
    this.#options = options;
    this.#environment = environment;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    const pipeline = new Pipeline({
      storage: environment.storage,
      state,
      snapshotAfterBytes: limits.snapshotAfterBytes,
      onSettled: () => this.#hub.endTurn(),
      onBroken: (error) => this.#break(error),
    });
    this.#hub = new Hub(state, pipeline, limits, environment, options);
    this.#nextContainerCheck = this.#hub.now + limits.containerCheckMs;
    // Whoever was connected when the last run ended gets its whole timeout to come back.
    state.sessions.startIdsAt(environment.clock.now());
    for (const session of state.sessions.byId.values()) {
      state.sessions.touch(session, this.#hub.now);
    }
  }

  get address(): SocketAddress {
    return this.#hub.address;
  }

  get idleSince(): number | null {
    return this.#hub.idleSince;
  }

  async listen(): Promise<void> {
    const hub = this.#hub;
    this.#listening = await this.#environment.listen(this.#options.address, (peer) => {
      const connection = new Connection(peer, hub);
      if (hub.connections.size >= hub.options.maxConnections) connection.destroy();
      else hub.accept(connection);
      return connection;
    });
    hub.address = this.#listening.address;
    this.#tickLater();
  }

  statistics(): CoordinatorStatistics {
    return statisticsOf(this.#hub);
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close(null);
  }

  async #close(broken: unknown): Promise<void> {
    this.#timer?.cancel();
    // It is closed only once all its connections are, those of clients that stay among them.
    const closed = this.#listening?.close();
    if (broken === null) await this.#hub.pipeline.settled();
    this.#hub.closeAll();
    await closed;
    await this.#environment.storage.close();
    this.#end(broken);
  }

  /** Nothing more is answered: what is on disk will be seen at the next start. */
  #break(error: unknown): void {
    this.#options.report(error);
    this.#hub.closeAll();
    this.#closing ??= this.#close(error);
    this.#closing.catch((failure: unknown) => {
      this.#options.report(failure);
      this.#end(error);
    });
  }

  #tickLater(): void {
    const { tickMs } = this.#hub.options;
    const { clock } = this.#environment;
    const due = clock.monotonic() + tickMs;
    this.#timer = clock.timer(tickMs, () => {
      // A process that was stopped for a while finds its clients' pings waiting: it reads them first.
      const isLate = clock.monotonic() - due > tickMs;
      if (isLate) this.#timer = clock.timer(0, () => this.#tick());
      else this.#tick();
    });
  }

  #tick(): void {
    const hub = this.#hub;
    hub.beginTurn();
    expireSessions(hub);
    if (hub.now >= this.#nextContainerCheck) {
      this.#nextContainerCheck = hub.now + hub.options.containerCheckMs;
      this.#deleteEmptyContainers();
    }
    hub.sweep();
    hub.endTurn();
    this.#tickLater();
  }

  /** As `ContainerManager`: one that has had children, and has none any more. */
  #deleteEmptyContainers(): void {
    const { pipeline, state, clock } = this.#hub;
    for (const path of state.tree.containers) {
      const zxid = pipeline.takeZxid();
      const change = prepareDeleteContainer(pipeline.expectation, path, zxid);
      if (change === null) pipeline.giveBack(zxid);
      else {
        const time = clock.now();
        pipeline.submit({ zxid, time, session: 0n, cxid: 0, change }, NOBODY);
      }
    }
  }
}

/** Nobody waits for an answer: what was refused is tried again at the next look. */
const NOBODY = { carriedOut: () => {}, refused: () => {} };
