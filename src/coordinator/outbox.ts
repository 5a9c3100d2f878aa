import type { Peer } from "../platform/listener.ts";
import { Writer } from "../zookeeper/protocol/writer.ts";

/** Writers kept for the next turn; each holds a slab of up to 64 KiB. */
const KEPT_WRITERS = 16;

/** Writers lent to connections while they have something to send, since most of them are silent. */
export class WriterPool {
  readonly #free: Writer[] = [];

  take(): Writer {
    return this.#free.pop() ?? new Writer();
  }

  /** The writer must be empty. */
  give(writer: Writer): void {
    if (this.#free.length < KEPT_WRITERS) this.#free.push(writer);
  }
}

/** What goes to one client: gathered while a turn lasts, then sent with one write. */
export class Outbox {
  readonly #peer: Peer;
  readonly #pool: WriterPool;
  #writer: Writer | null = null;

  constructor(peer: Peer, pool: WriterPool) {
    this.#peer = peer;
    this.#pool = pool;
  }

  /** Whether nothing was written since the last flush. */
  get isEmpty(): boolean {
    return this.#writer === null;
  }

  /** Bytes that are on their way and not in the kernel's hands. */
  get backlog(): number {
    return this.#peer.bufferedBytes + (this.#writer?.length ?? 0);
  }

  get writer(): Writer {
    return this.#writer ??= this.#pool.take();
  }

  flush(): void {
    const writer = this.#writer;
    if (writer === null) return;
    this.#writer = null;
    const bytes = writer.take();
    this.#pool.give(writer);
    if (bytes.length > 0) this.#peer.write(bytes);
  }
}
