import { Session } from "./session.ts";

/** First byte of every session id: the id of the server, which is alone. */
const SERVER_ID = 1n;

/**
 * The sessions and when they expire, after `SessionTrackerImpl` and `ExpiryQueue` of ZooKeeper 3.8:
 * time goes in ticks, and a session expires at the end of the tick in which its timeout ends.
 */
export class Sessions {
  readonly byId = new Map<bigint, Session>();
  readonly #tickMs: number;
  readonly #buckets = new Map<number, Set<Session>>();
  #nextId = 0n;

  constructor(tickMs: number) {
    this.#tickMs = tickMs;
  }

  /** The id that the next session gets. */
  get nextId(): bigint {
    return this.#nextId;
  }

  /**
   * Ids count up from where the server started (`initializeNextSessionId`); `now` is in ms since
   * 1970. Ids of sessions that are known are never given again, even when the clock was set back.
   */
  startIdsAt(now: number): void {
    this.keepIdsFrom((SERVER_ID << 56n) | ((BigInt(now) << 16n) & 0xff_ffff_ffff_ffffn));
  }

  keepIdsFrom(id: bigint): void {
    if (id > this.#nextId) this.#nextId = id;
  }

  takeId(): bigint {
    return this.#nextId++;
  }

  add(session: Session): void {
    this.byId.set(session.id, session);
    this.keepIdsFrom(session.id + 1n);
  }

  remove(session: Session): void {
    this.byId.delete(session.id);
    this.#buckets.get(session.expiresAt)?.delete(session);
  }

  /** A sign of life at `now` (monotonic, ms). */
  touch(session: Session, now: number): void {
    const end = now + session.currentTimeoutMs;
    const expiresAt = (Math.floor(end / this.#tickMs) + 1) * this.#tickMs;
    if (session.closing || expiresAt === session.expiresAt) return;
    this.#leaveBucket(session);
    session.expiresAt = expiresAt;
    const bucket = this.#buckets.get(expiresAt);
    if (bucket === undefined) this.#buckets.set(expiresAt, new Set([session]));
    else bucket.add(session);
  }

  /** Takes out those whose time was over at `now`, earliest first. */
  takeExpired(now: number): Session[] {
    const due = [...this.#buckets.keys()].filter((end) => end <= now).sort((a, b) => a - b);
    return due.flatMap((end) => {
      const sessions = [...this.#buckets.get(end) ?? []];
      this.#buckets.delete(end);
      return sessions;
    });
  }

  #leaveBucket(session: Session): void {
    const bucket = this.#buckets.get(session.expiresAt);
    bucket?.delete(session);
    if (bucket?.size === 0) this.#buckets.delete(session.expiresAt);
  }
}
