import { setTimeout as pause } from "node:timers/promises";
import { isLoss } from "../../src/coordination/losses.ts";
import type { TaskId } from "../../src/domain/ids.ts";
import { PERSON, type TaskTeam } from "./task_team.ts";

/** ms between two pushes. */
const INTERVAL_MS = 80;

/** What one pusher saw of an outage. */
export interface SeenOutage {
  /** Server that it was connected to when it began, `host:port`. */
  readonly server: string;
  /** From the last push that succeeded to the next one. */
  readonly ms: number;
}

/** ms on the process's clock. */
interface Success {
  readonly asked: number;
  readonly answered: number;
}

/** Pushes one task after the other, each with a title of its own, and writes down which succeeded. */
export class SteadyPusher {
  /** Title and id of each push that was answered. */
  readonly pushed = new Map<string, TaskId>();
  /** Titles whose push was given up: they may be in the queue, or not. */
  readonly unsure: string[] = [];
  readonly #team: TaskTeam;
  readonly #name: string;
  readonly #successes: Success[] = [];
  readonly #waiting = new Set<() => void>();
  #intervalMs = INTERVAL_MS;
  #stopped = false;
  #running: Promise<void> = Promise.resolve();

  constructor(team: TaskTeam, name: string) {
    this.#team = team;
    this.#name = name;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  get server(): string {
    const { endpoint } = this.#team.zk;
    return endpoint === undefined ? "" : `${endpoint.host}:${endpoint.port}`;
  }

  /**
   * Begins to watch an outage, and until it is over pushes without a pause, so that there is always a push
   * for a fault to hit. The function tells what the outage was once a push has succeeded that was asked for
   * after the call: the answer to an older one may still be on its way when a server is dead.
   */
  watch(): () => Promise<SeenOutage> {
    const { server } = this;
    this.#intervalMs = 0;
    const first = Math.max(0, this.#successes.length - 1);
    return async () => {
      const since = performance.now();
      await new Promise<void>((resolve) => {
        const look = () => {
          if ((this.#successes.at(-1)?.asked ?? 0) <= since) return;
          this.#waiting.delete(look);
          resolve();
        };
        this.#waiting.add(look);
        look();
      });
      this.#intervalMs = INTERVAL_MS;
      const times = this.#successes.slice(first).map(({ answered }) => answered);
      const gaps = times.slice(1).map((time, index) => time - (times[index] ?? time));
      return { server, ms: Math.max(...gaps) };
    };
  }

  async #run(): Promise<void> {
    for (let number = 0; !this.#stopped; number++) {
      const title = `${this.#name} ${number}`;
      const asked = performance.now();
      try {
        const { id } = await this.#team.queue.push({ title, max_retries: 100 }, PERSON);
        this.pushed.set(title, id);
        this.#successes.push({ asked, answered: performance.now() });
        for (const look of [...this.#waiting]) look();
      } catch (error) {
        if (!isLoss(error)) throw error;
        this.unsure.push(title);
      }
      await pause(this.#intervalMs);
    }
  }
}
