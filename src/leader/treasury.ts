import type { Chain } from "../domain/chain.ts";
import type { TaskId } from "../domain/ids.ts";
import { addSpent, NOTHING_SPENT, type Spent, tokensOf } from "../domain/spent.ts";
import { isHandedIn } from "../domain/standing.ts";
import type { Task } from "../domain/task.ts";
import { sleep } from "../platform/clock.ts";
import type { LeaderContext } from "./context.ts";

/** What a link's runs may cost in all, those that were made included; null: no limit. */
export interface Allowance {
  readonly budget_usd: number | null;
  readonly budget_tokens: number | null;
}

/** What is left of a budget; null: there is none. */
export interface Left {
  readonly usd: number | null;
  readonly tokens: number | null;
}

/** Something that is about to cost money. */
export interface Wanted {
  /** Who asks: one reservation each; a further one takes the place of the one before. */
  readonly key: string;
  /** Whose own budget it is, for people: `chain-0000000003`. */
  readonly whose: string;
  /** What is left of that budget. */
  readonly own: Left;
  /** The link that is to begin; null for a question to the Leader's own agent. */
  readonly task: Pick<Task, "id"> | null;
  /** Whether it cannot begin before other chains are done: then it leaves them half of what there is. */
  readonly waits?: boolean;
}

export type Grant =
  | { readonly granted: true; readonly left: Left }
  | { readonly granted: false; readonly why: string };

interface Reserved {
  readonly task: TaskId | null;
  readonly waits: boolean;
  readonly usd: number;
  readonly tokens: number;
}

/** What is left of the team's budget. */
interface TeamFunds {
  readonly unspent: Left;
  readonly unreserved: Left;
  /** Whether something that has reserved a part of it is at work, and so will be over. */
  readonly isInUse: boolean;
}

/** US dollars below which nothing is left: no agent reads smaller amounts. */
const LEAST_USD = 1e-6;
/** ms between two looks whether something that was reserved is free again. */
const LOOK_AGAIN_MS = 250;

/**
 * Hands out the team's and the chains' budgets before anything is begun, so that what is under way at
 * once can never cost more than there is. What a link, or a question, has been granted counts as spent
 * until it is over. Where everything that is left is reserved, the next one waits; where it is spent,
 * it is refused.
 */
export class Treasury {
  readonly #context: LeaderContext;
  /** Granted by this Leader, and perhaps not on a task yet. */
  readonly #reserved = new Map<string, Reserved>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(context: LeaderContext) {
    this.#context = context;
  }

  /**
   * Reserves what something may cost at most. To be released as soon as what it has cost, or the
   * allowance, is in the tree. Rejects where the term ends first.
   */
  async reserve(wanted: Wanted): Promise<Grant> {
    const { clock, term, show } = this.#context;
    for (let isTold = false;;) {
      const grant = this.#turn.then(() => this.#grant(wanted));
      this.#turn = grant.catch(() => {});
      const granted = await grant;
      if (granted !== "later") return granted;
      if (!isTold) show(`${wanted.whose} waits: what is left of the team's budget is reserved`);
      isTold = true;
      await sleep(clock, LOOK_AGAIN_MS, term.signal);
    }
  }

  /** Ends a reservation; does nothing where there is none. */
  release(key: string): void {
    this.#reserved.delete(key);
  }

  /** What is left of a chain's own budget; null: it has none. */
  leftOf(chain: Chain, tasks: readonly Task[]): Left {
    const spent = spentOn(chain, tasks);
    return {
      usd: chain.budget_usd === null ? null : chain.budget_usd - spent.cost_usd,
      tokens: chain.budget_tokens === null ? null : chain.budget_tokens - tokensOf(spent),
    };
  }

  async #grant({ key, whose, own, task, waits = false }: Wanted): Promise<Grant | "later"> {
    if (isSpent(own)) return refused(`The budget of ${whose} is spent`);
    const team = await this.#teamFunds(key, task?.id ?? null);
    if (isSpent(team.unspent)) return refused("The budget of the team is spent");
    if (isSpent(team.unreserved)) {
      if (team.isInUse) return "later";
      return refused("What is left of the team's budget is reserved for chains that wait");
    }
    const { runBudgetUsd = null, question } = this.#context.settings;
    const run = task === null ? question : { usd: runBudgetUsd, tokens: null };
    const { usd, tokens } = waits ? half(team.unreserved) : team.unreserved;
    const left = {
      usd: least(own.usd, usd, run?.usd ?? runBudgetUsd),
      tokens: least(own.tokens, tokens, run?.tokens ?? null),
    };
    this.#reserved.set(key, {
      task: task?.id ?? null,
      waits,
      usd: left.usd ?? 0,
      tokens: left.tokens ?? 0,
    });
    return { granted: true, left };
  }

  async #teamFunds(key: string, task: TaskId | null): Promise<TeamFunds> {
    const { settings, team } = this.#context;
    const { budgetUsd = null, budgetTokens = null } = settings;
    if (budgetUsd === null && budgetTokens === null) return UNLIMITED;
    // In this order: what ends in between is counted twice rather than not at all.
    const reserved = await this.#outstanding(key, task);
    const spent = await team.spent.read();
    const sum = (amounts: readonly number[]) => amounts.reduce((one, other) => one + other, 0);
    const unspent = {
      usd: minus(budgetUsd, spent.cost_usd),
      tokens: minus(budgetTokens, tokensOf(spent)),
    };
    return {
      unspent,
      unreserved: {
        usd: minus(unspent.usd, sum(reserved.map(({ usd }) => usd))),
        tokens: minus(unspent.tokens, sum(reserved.map(({ tokens }) => tokens))),
      },
      isInUse: reserved.some(({ waits }) => !waits),
    };
  }

  /** Granted and not yet spent, but for one: also by a former Leader, for it is on the tasks. */
  async #outstanding(key: string, but: TaskId | null): Promise<Reserved[]> {
    const own = [...this.#reserved].filter(([other]) => other !== key).map(([, one]) => one);
    const chains = await this.#context.team.chains.open();
    const atWork = (await Promise.all(chains.map((chain) => this.#atWork(chain)))).flat();
    const others = atWork.filter(({ id }) => id !== but && own.every(({ task }) => task !== id));
    return [
      ...own,
      ...others.map((task) => ({
        task: task.id,
        waits: task.waiting_on.length > 0,
        usd: Math.max(0, (task.budget_usd ?? 0) - task.spent.cost_usd),
        tokens: Math.max(0, (task.budget_tokens ?? 0) - tokensOf(task.spent)),
      })),
    ];
  }

  /** The link that may be at work; what lies there to be judged costs nothing more. */
  async #atWork(chain: Chain): Promise<Task[]> {
    const at = chain.links.find(({ link }) => link === chain.at)?.task_id;
    if (at === undefined) return [];
    const task = await this.#context.team.tasks.get(at);
    return isHandedIn(task) ? [] : [task];
  }
}

const UNLIMITED: TeamFunds = {
  unspent: { usd: null, tokens: null },
  unreserved: { usd: null, tokens: null },
  isInUse: false,
};

function refused(why: string): Grant {
  return { granted: false, why };
}

/** What a link's runs may cost in all, given what is left for it. */
export function allowanceOf(left: Left, spent: Spent = NOTHING_SPENT): Allowance {
  return {
    budget_usd: left.usd === null ? null : left.usd + spent.cost_usd,
    budget_tokens: left.tokens === null ? null : left.tokens + tokensOf(spent),
  };
}

/** What a chain has cost: its links and its decisions. */
export function spentOn(chain: Chain, tasks: readonly Task[]): Spent {
  return addSpent(chain.spent, ...tasks.map(({ spent }) => spent));
}

/** Whether nothing is left of a budget. */
export function isSpent({ usd, tokens }: Left): boolean {
  return usd !== null && usd < LEAST_USD || tokens !== null && tokens <= 0;
}

function half({ usd, tokens }: Left): Left {
  return {
    usd: usd === null ? null : usd / 2,
    tokens: tokens === null ? null : Math.ceil(tokens / 2),
  };
}

function minus(budget: number | null, amount: number): number | null {
  return budget === null ? null : budget - amount;
}

function least(...amounts: readonly (number | null)[]): number | null {
  const limits = amounts.filter((amount) => amount !== null);
  return limits.length === 0 ? null : Math.min(...limits);
}
