import type { Team } from "../../src/coordination/team.ts";
import { InstanceId } from "../../src/domain/ids.ts";
import type { Board } from "../../src/monitor/board.ts";
import { Monitor } from "../../src/monitor/monitor.ts";
import { sleep } from "../../src/platform/clock.ts";
import { isZooKeeperError } from "../../src/zookeeper/errors.ts";
import { connectFrom, type Ground, teamOf } from "./members.ts";

/** Times that two boards are compared, and ms between them: what is under way may differ at first. */
const LOOKS = 6;
const LOOK_MS = 7_000;

/** Somebody who follows the team from its beginning, as a screen does, and takes no part in it. */
export class Onlooker {
  readonly #ground: Ground;
  /** Ids of the events that it was told, in their order. */
  readonly #told: string[] = [];
  #watched: { readonly team: Team; readonly monitor: Monitor } | null = null;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  /** Follows for ever. Rejects where the following fails. */
  async watch(): Promise<void> {
    for (;;) {
      try {
        const team = teamOf(this.#ground, await connectFrom(this.#ground));
        const monitor = await this.#open(team);
        monitor.onEvent(({ id }) => this.#told.push(id));
        this.#watched = { team, monitor };
        return await monitor.follow();
      } catch (error) {
        if (!isZooKeeperError(error) || this.#watched !== null) throw error;
      }
    }
  }

  /** What is wrong with what it saw, given the ids of all events: it missed some, or shows what is not. */
  async problems(events: readonly string[]): Promise<string[]> {
    if (this.#watched === null) return ["the onlooker never saw the team"];
    const { team, monitor } = this.#watched;
    const from = events.indexOf(this.#told[0] ?? "");
    const expected = events.slice(from, from + this.#told.length);
    const isWhole = this.#told.join() === expected.join() && this.#told.at(-1) === events.at(-1);
    const missed = isWhole ? [] : ["the onlooker was not told each event once, in order"];
    let differing: string[] = [];
    for (let look = 0; look < LOOKS; look++) {
      await sleep(this.#ground.process.clock, LOOK_MS);
      const { board } = await this.#open(team);
      differing = differences(monitor.board, { ...board, spent: await team.spent.read() });
      if (differing.length === 0) return missed;
    }
    return [...missed, ...differing];
  }

  #open(team: Team): Promise<Monitor> {
    const { process, trace } = this.#ground;
    return Monitor.open({
      team,
      clock: process.clock,
      self: {
        id: InstanceId.parse("onlooker"),
        name: "onlooker",
        cacheDir: "",
        budgetUsd: null,
        budgetTokens: null,
      },
      hosts: "",
      signal: new AbortController().signal,
      onDrift: (states) => trace.tell(process.name, `DEFECT: wrong counts of ${states.join()}`),
    });
  }
}

/** What one board shows that another does not. */
function differences(one: Board, other: Board): string[] {
  const [shown, real] = [partsOf(one), partsOf(other)];
  return Object.keys(shown).filter((part) => shown[part] !== real[part])
    .map((part) => `the onlooker shows other ${part}: ${shown[part]}, not ${real[part]}`);
}

function partsOf({ tasks, leader, members, spent, requirements, chains, pause }: Board) {
  const parts: Record<string, unknown> = {
    counts: tasks.counts,
    rows: Object.values(tasks.rows).map((rows) => rows.map(({ id }) => id).sort()),
    leader: leader?.epoch,
    members: members.map(({ id, status, liveness }) => [id, status, liveness]),
    spent: [spent?.runs, spent?.input_tokens, spent?.output_tokens],
    requirements: requirements.map(({ id, status }) => [id, status]),
    chains: chains.filter(({ closedAt }) => closedAt === null).map(({ id }) => id),
    pause: pause?.until,
  };
  return Object.fromEntries(
    Object.entries(parts).map(([name, part]) => [name, JSON.stringify(part)]),
  );
}
