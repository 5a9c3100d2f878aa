import type { Socket } from "node:net";

/** How bytes in one direction are treated now. */
export interface Flow {
  held: boolean;
  delayMs: number;
}

interface Item {
  readonly due: number;
  readonly apply: (socket: Socket) => void;
}

/** One direction of a connection: writes, ends and resets reach the socket in order, in due time. */
export class Pipe {
  readonly #to: Socket;
  readonly #flow: Flow;
  #waiting: Item[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #abandoned = false;

  constructor(to: Socket, flow: Flow) {
    this.#to = to;
    this.#flow = flow;
  }

  write(bytes: Uint8Array): void {
    this.#push((socket) => socket.write(bytes));
  }

  end(): void {
    this.#push((socket) => socket.end());
  }

  /** After an end this does no harm: the socket is then about to close by itself. */
  destroy(): void {
    this.#push((socket) => socket.destroySoon());
  }

  /** Passes nothing on any more, not even what waits. */
  abandon(): void {
    this.#abandoned = true;
    this.#waiting = [];
    clearTimeout(this.#timer);
  }

  /** Passes on what is due, after a change of the flow. */
  wake(): void {
    clearTimeout(this.#timer);
    while (!this.#flow.held) {
      const [item] = this.#waiting;
      if (!item) return;
      const left = item.due - performance.now();
      if (left > 0) {
        this.#timer = setTimeout(() => this.wake(), left);
        return;
      }
      this.#waiting.shift();
      if (!this.#to.destroyed) item.apply(this.#to);
    }
  }

  #push(apply: Item["apply"]): void {
    if (this.#abandoned) return;
    this.#waiting.push({ due: performance.now() + this.#flow.delayMs, apply });
    this.wake();
  }
}
