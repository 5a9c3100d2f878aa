/** Whoever is connected in a session's name. */
export interface Attachment {
  /** The session has ended, or somebody else has attached to it. */
  detached(): void;
}

/** One session, after `SessionTrackerImpl.SessionImpl` of ZooKeeper 3.8. */
export class Session {
  readonly id: bigint;
  /** ms, as granted when it was created: what it has after a restart. */
  readonly timeoutMs: number;
  /** 16 bytes: whoever attaches must show them. */
  readonly password: Uint8Array;
  /** Its creation is on disk. */
  committed = false;
  /** Its end has been decided: requests that come now are refused as expired. */
  closing = false;
  /** ms, as granted to who is connected now; each sign of life lets it live for that long. */
  currentTimeoutMs: number;
  /** When it expires, in ms of the monotonic clock: the end of a tick. */
  expiresAt = 0;
  attachment: Attachment | null = null;

  constructor(id: bigint, timeoutMs: number, password: Uint8Array) {
    this.id = id;
    this.timeoutMs = timeoutMs;
    this.currentTimeoutMs = timeoutMs;
    this.password = password;
  }
}
