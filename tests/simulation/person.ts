import type { Team } from "../../src/coordination/team.ts";
import type { TaskId } from "../../src/domain/ids.ts";
import { isLoss } from "../../src/coordination/losses.ts";
import { OrchestratorError } from "../../src/domain/errors.ts";
import type { Actor } from "../../src/domain/member.ts";
import { isEnded } from "../../src/domain/standing.ts";
import { sleep } from "../../src/platform/clock.ts";
import type { Random } from "../../src/platform/random.ts";
import { isZooKeeperError } from "../../src/zookeeper/errors.ts";
import { connectFrom, type Ground, teamOf } from "./members.ts";

/** Whoever wants something from the team. */
const SOMEBODY: Actor = { id: "", name: "Somebody" };
/** ms between two looks at what became of it. */
const LOOK_MS = 5_000;

/** What is wanted of the team. */
export interface Wanted {
  readonly requirements: number;
  /** Tasks without a Leader, in a row: each waits for the one before. */
  readonly tasks: number;
  /** US dollars that a chain may cost; null: no limit. */
  readonly chainUsd: number | null;
  /** ms within which all of it is asked for. */
  readonly withinMs: number;
}

/** Asks the team for things, and waits until all of it is over; also answers what nobody else does. */
export class Person {
  /** What was not over at the last look. */
  waitsFor: readonly string[] = [];
  readonly #ground: Ground;
  readonly #random: Random;

  constructor(ground: Ground, random: Random) {
    this.#ground = ground;
    this.#random = random;
  }

  /** Resolves with the team when everything that was asked for is over, whatever became of it. */
  async askAndWait(wanted: Wanted): Promise<Team> {
    const { process } = this.#ground;
    const team = await this.#connect();
    const wishes = Array.from(
      { length: wanted.requirements },
      (_, count) => this.#submit(team, wanted, count),
    );
    await Promise.all([...wishes, this.#push(team, wanted)]);
    for (;;) {
      await sleep(process.clock, LOOK_MS);
      if (await this.#insist(() => this.#look(team))) return team;
    }
  }

  async #connect(): Promise<Team> {
    for (;;) {
      try {
        return teamOf(this.#ground, await connectFrom(this.#ground));
      } catch (error) {
        if (!isZooKeeperError(error)) throw error;
      }
    }
  }

  async #submit(team: Team, { withinMs, chainUsd }: Wanted, count: number): Promise<void> {
    await sleep(this.#ground.process.clock, this.#random.next() * withinMs);
    const maxRounds = 1 + Math.floor(this.#random.next() * 4);
    const { id } = await this.#insist(() =>
      team.requirements.submit({
        content: `Wish ${count + 1}`,
        maxRounds,
        ...(chainUsd === null ? {} : { budgetUsd: chainUsd }),
      }, SOMEBODY)
    );
    this.#ground.trace.tell("somebody", `${id}: wish ${count + 1}`);
  }

  async #push(team: Team, { withinMs, tasks: count }: Wanted): Promise<void> {
    let before: TaskId[] = [];
    for (let at = 0; at < count; at++) {
      await sleep(this.#ground.process.clock, this.#random.next() * withinMs / count);
      const verify = this.#random.next() < 0.5 ? { verify: "check it" } : {};
      const task = { title: `Errand ${at + 1}`, ...verify };
      before = await this.#insist(async () => {
        try {
          return [(await team.tasks.push({ ...task, depends_on: before }, SOMEBODY)).id];
        } catch (error) {
          if (!isDependencyFailed(error)) throw error;
          return [(await team.tasks.push(task, SOMEBODY)).id];
        }
      });
    }
  }

  /** Whether everything is over; what waits for somebody is moved on. */
  async #look(team: Team): Promise<boolean> {
    const { tasks } = await team.tasks.list();
    const errands = tasks.filter(({ chain_id }) => chain_id === null);
    for (const { id, status } of errands) {
      if (status === "blocked") await this.#unblock(team, id);
      else if (status === "failed") await team.tasks.cancel(id, SOMEBODY, "given up");
    }
    const requirements = await team.requirements.open();
    this.waitsFor = [...errands.filter((errand) => !isEnded(errand)), ...requirements]
      .map(({ id, status }) => `${id} is ${status}`);
    return this.waitsFor.length === 0;
  }

  async #unblock(team: Team, id: TaskId): Promise<void> {
    try {
      await team.tasks.unblock(id, SOMEBODY);
    } catch (error) {
      if (!isDependencyFailed(error)) throw error;
      await team.tasks.cancel(id, SOMEBODY, "what it waits for has failed");
    }
  }

  /** Does it again while connections break. */
  async #insist<T>(act: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await act();
      } catch (error) {
        const isPassing = isLoss(error) ||
          error instanceof OrchestratorError &&
            ["CONTENTION", "INVALID_TRANSITION"].includes(error.code);
        if (!isPassing) throw error;
        await sleep(this.#ground.process.clock, 500);
      }
    }
  }
}

function isDependencyFailed(error: unknown): boolean {
  return error instanceof OrchestratorError && error.code === "DEPENDENCY_FAILED";
}
