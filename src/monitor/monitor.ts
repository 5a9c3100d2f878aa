import type { ListedMember } from "../coordination/liveness.ts";
import { readings, readPatiently } from "../coordination/readings.ts";
import { spentOf } from "../coordination/spent_total.ts";
import { type ErrorCode, OrchestratorError } from "../domain/errors.ts";
import type { JournalEvent } from "../domain/event.ts";
import type { ChainId, TaskId } from "../domain/ids.ts";
import { addSpent, type Spent } from "../domain/spent.ts";
import type { TaskStatus } from "../domain/task.ts";
import { type Clock, sleep } from "../platform/clock.ts";
import {
  applyCounts,
  applyEvent,
  applyLeader,
  applyMembers,
  applyPause,
  applyRequirements,
  applySession,
} from "./apply.ts";
import { type Board, emptyBoard, type Onlooker, type TaskRow } from "./board.ts";
import { applyChain, chainRow } from "./chain_row.ts";
import { Errand } from "./errand.ts";
import { readBoard, readQueue, type WatchedTeam } from "./first_reading.ts";
import { TaskCensus } from "./task_census.ts";
import { applyTasks, rowOf, withState } from "./task_rows.ts";

/** ms between two readings of a chain, of a row, and of the head of the queue, while things happen. */
const CHAIN_GAP_MS = 50;
const ROW_GAP_MS = 100;
const QUEUE_GAP_MS = 1_000;
/** ms after which the counts are compared with the index. */
const RECOUNT_MS = 60_000;
/** Records of rows read at once. */
const MAX_DETAILS = 50;
/** Why a chain is left as it was. */
const UNREADABLE: readonly ErrorCode[] = ["CHAIN_NOT_FOUND", "TASK_NOT_FOUND", "CORRUPT_DATA"];

export interface MonitorOptions {
  readonly team: WatchedTeam;
  readonly clock: Clock;
  readonly self: Onlooker;
  /** Servers, as configured. */
  readonly hosts: string;
  /** Ends it all. */
  readonly signal: AbortSignal;
  /** Told of states whose counts were not what the index says: something was missed, or meddled with. */
  readonly onDrift?: (states: readonly TaskStatus[]) => void;
}

/**
 * The state of a team, followed. Whoever shows it (the screen, JSON lines, a test) takes `board` and
 * listens. Each event of the journal since the opening is told once, in order, whatever happens to the
 * connection meanwhile.
 */
export class Monitor {
  readonly #options: MonitorOptions;
  /** Ends the following: because it was asked for, or because a part of it has failed. */
  readonly #failure = new AbortController();
  readonly #signal: AbortSignal;
  readonly #members: AsyncGenerator<ListedMember[], void, void>;
  readonly #listeners = new Set<(board: Board) => void>();
  readonly #eventListeners = new Set<(event: JournalEvent) => void>();
  readonly #unsubscribe: () => void;
  /** Chains that something happened to, and rows of which only events told so far. */
  readonly #chainsTouched = new Set<ChainId>();
  readonly #unread = new Set<TaskId>();
  readonly #errands: Readonly<Record<"chains" | "rows" | "queue" | "requirements", Errand>>;
  #board: Board;
  #census = new TaskCensus();
  /** The last event that was applied. */
  #position: string;
  /** What events have cost while the sum was being read. */
  #costs: { readonly id: string; readonly spent: Spent }[] = [];

  private constructor(options: MonitorOptions, position: string, board: Board) {
    const { team, clock } = options;
    this.#options = options;
    this.#signal = AbortSignal.any([options.signal, this.#failure.signal]);
    this.#position = position;
    this.#board = board;
    this.#members = team.members.follow(this.#signal);
    this.#errands = {
      chains: new Errand(clock, CHAIN_GAP_MS, () => this.#readChains()),
      rows: new Errand(clock, ROW_GAP_MS, () => this.#readRows()),
      queue: new Errand(clock, QUEUE_GAP_MS, async () => this.#setPending(await readQueue(team))),
      requirements: new Errand(clock, ROW_GAP_MS, async () => {
        const open = await team.requirements.open();
        // Only now: the board as it was before the reading would undo what came meanwhile.
        this.#set(applyRequirements(this.#board, open));
      }),
    };
    this.#unsubscribe = team.tree.zk.onStateChange(({ state }) =>
      this.#set(applySession(this.#board, state, clock.now()))
    );
  }

  /** Reads the team. Nothing that happens from here on is missed. Throws `ZooKeeperError`. */
  static async open(options: MonitorOptions): Promise<Monitor> {
    const { team, clock, self, hosts } = options;
    // Before everything else: what happens while the rest is read is then told by an event as well.
    const position = await team.journal.head();
    const { state } = team.tree.zk;
    const empty = emptyBoard(self, { hosts, state, since: clock.now() });
    const monitor = new Monitor(options, position, empty);
    const members = await monitor.#members.next();
    const { board, census } = await readBoard(team, empty, members.done ? [] : members.value);
    monitor.#census = census;
    monitor.#set({ ...board, zookeeper: monitor.#board.zookeeper });
    return monitor;
  }

  get board(): Board {
    return this.#board;
  }

  /** Calls the listener after each change of the board; the returned function ends that. */
  onChange(listener: (board: Board) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Calls the listener for each event, after the board has taken it in. */
  onEvent(listener: (event: JournalEvent) => void): () => void {
    this.#eventListeners.add(listener);
    return () => void this.#eventListeners.delete(listener);
  }

  /**
   * Follows the team until the signal is aborted. A lost connection is shown on the board, and waited
   * out. Throws a `ZooKeeperError` CLOSED once the client is closed.
   */
  async follow(): Promise<void> {
    const all = [
      this.#followEvents(),
      this.#followMembers(),
      this.#followLeader(),
      this.#followPause(),
      this.#followSpent(),
      this.#recount(),
      ...Object.values(this.#errands).map((errand) => errand.follow(this.#signal)),
    ];
    try {
      await Promise.all(all);
    } finally {
      this.#failure.abort();
      this.#unsubscribe();
      await Promise.allSettled(all);
    }
  }

  #set(board: Board): void {
    if (board === this.#board) return;
    this.#board = board;
    for (const listener of this.#listeners) listener(board);
  }

  async #followEvents(): Promise<void> {
    for await (const event of this.#options.team.journal.follow(this.#signal, this.#position)) {
      this.#position = event.id;
      this.#take(event);
      for (const listener of this.#eventListeners) listener(event);
    }
  }

  #take(event: JournalEvent): void {
    let board = applyEvent(this.#board, event);
    if (this.#census.apply(event)) board = applyCounts(board, this.#census.counts);
    const spent = spentOf(event);
    if (spent !== undefined && board.spent !== null) {
      board = { ...board, spent: addSpent(board.spent, spent) };
    } else if (spent !== undefined) this.#costs.push({ id: event.id, spent });
    this.#set(board);
    this.#askAfter(event);
  }

  /** What an event does not tell is read. */
  #askAfter({ type, task_id, chain_id, requirement_id, from, to }: JournalEvent): void {
    if (chain_id !== null) {
      this.#chainsTouched.add(chain_id);
      this.#errands.chains.ask();
    }
    if (requirement_id !== null && requirement_id !== undefined) this.#errands.requirements.ask();
    if (from === "pending" || to === "pending") this.#errands.queue.ask();
    if (task_id !== null && to !== null && type !== "tasks_pushed" && this.#isUnread(task_id, to)) {
      this.#unread.add(task_id);
      this.#errands.rows.ask();
    }
  }

  #isUnread(id: TaskId, status: TaskStatus): boolean {
    return this.#board.tasks.rows[status].some((row) => row.id === id && !row.isRead);
  }

  async #readChains(): Promise<void> {
    const { team } = this.#options;
    const ids = [...this.#chainsTouched];
    await Promise.all(ids.map(async (id) => {
      this.#chainsTouched.delete(id);
      try {
        const chain = await team.chains.get(id);
        const tasks = await team.overview.read(chain.links.map(({ task_id }) => task_id));
        this.#set(applyChain(this.#board, chainRow(chain, tasks)));
      } catch (error) {
        // Tasks may bear the id of a chain that the Leader knows nothing of.
        if (error instanceof OrchestratorError && UNREADABLE.includes(error.code)) return;
        this.#chainsTouched.add(id);
        throw error;
      }
    }));
  }

  async #readRows(): Promise<void> {
    const ids = [...this.#unread].slice(0, MAX_DETAILS);
    const tasks = await this.#options.team.overview.read(ids);
    for (const id of ids) this.#unread.delete(id);
    if (this.#unread.size > 0) this.#errands.rows.ask();
    const rows = applyTasks(this.#board.tasks.rows, tasks.map(rowOf));
    this.#set({ ...this.#board, tasks: { ...this.#board.tasks, rows } });
  }

  #setPending(pending: readonly TaskRow[]): void {
    // One that was taken while the queue was read is told by its event, which may have come first.
    const isTaken = ({ id }: TaskRow) => (this.#census.stateOf(id) ?? "pending") !== "pending";
    const open = pending.filter((row) => !isTaken(row));
    const rows = withState(this.#board.tasks.rows, "pending", open);
    this.#set({ ...this.#board, tasks: { ...this.#board.tasks, rows } });
  }

  async #followMembers(): Promise<void> {
    for await (const members of this.#members) this.#set(applyMembers(this.#board, members));
  }

  async #followLeader(): Promise<void> {
    const { team, clock } = this.#options;
    const leaders = readings(team.tree, clock, this.#signal, {
      targets: [{ path: team.tree.path("leader") }],
      read: () => team.leaderRecord(),
    });
    for await (const record of leaders) this.#set(applyLeader(this.#board, record));
  }

  async #followPause(): Promise<void> {
    for await (const pause of this.#options.team.pause.watch(this.#signal)) {
      this.#set(applyPause(this.#board, pause));
    }
  }

  /** Read beside the rest, as a long journal takes its time; then events add to it. */
  async #followSpent(): Promise<void> {
    const { team } = this.#options;
    const read = this.#patiently(() => team.spent.reading());
    const reading = await read.catch((error) => {
      if (this.#signal.aborted) return null;
      throw error;
    });
    if (reading === null) return;
    const { spent, through } = reading;
    const later = this.#costs.filter(({ id }) => id > through).map(({ spent }) => spent);
    this.#costs = [];
    this.#set({ ...this.#board, spent: addSpent(spent, ...later) });
  }

  /** Compares the counts with the index, now and then, when nothing happens meanwhile. */
  async #recount(): Promise<void> {
    const { team, clock, onDrift } = this.#options;
    try {
      for (;;) {
        await sleep(clock, RECOUNT_MS, this.#signal);
        const counted = await this.#patiently(async () => {
          const before = await team.journal.head();
          const census = new TaskCensus(await team.overview.idsByStatus());
          return await team.journal.head() === before ? { census, position: before } : null;
        });
        if (counted === null || counted.position !== this.#position) continue;
        const drifted = this.#census.differences(counted.census);
        this.#census = counted.census;
        this.#set(applyCounts(this.#board, counted.census.counts));
        if (drifted.length > 0) onDrift?.(drifted);
      }
    } catch (error) {
      if (!this.#signal.aborted) throw error;
    }
  }

  #patiently<T>(read: () => Promise<T>): Promise<T> {
    return readPatiently(this.#options.clock, this.#signal, read);
  }
}
