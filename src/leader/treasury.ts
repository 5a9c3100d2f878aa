import type { Chain } from "../domain/chain.ts";
import type { ChainId, TaskId } from "../domain/ids.ts";
import { addSpent, type Spent, tokensOf } from "../domain/spent.ts";
import type { Task } from "../domain/task.ts";
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

/** A link that is about to begin, and what is left of its chain's own budget. */
export interface Wanted {
  readonly chain: ChainId;
  readonly left: Left;
  readonly next: Pick<Task, "id" | "spent">;
}

export type Grant =
  | { readonly granted: true; readonly allowance: Allowance }
  | { readonly granted: false; readonly why: string };

const UNLIMITED: Allowance = { budget_usd: null, budget_tokens: null };

/**
 * Hands out the team's and the chains' budgets before a link begins, so that what is under way at once can
 * never cost more than there is. What a link has been granted and not yet spent counts as spent.
 */
export class Treasury {
  readonly #context: LeaderContext;
  /** Granted a moment ago, and perhaps not yet on the task of the chain's link. */
  readonly #granted = new Map<ChainId, { readonly task: TaskId; readonly allowance: Allowance }>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(context: LeaderContext) {
    this.#context = context;
  }

  /** What a link may cost; a refusal says which budget is spent. */
  grant(wanted: Wanted): Promise<Grant> {
    const granted = this.#turn.then(() => this.#grant(wanted));
    this.#turn = granted.catch(() => {});
    return granted;
  }

  /** What is left of a chain's own budget; null: it has none. */
  leftOf(chain: Chain, tasks: readonly Task[]): Left {
    const spent = spentOn(chain, tasks);
    return {
      usd: chain.budget_usd === null ? null : chain.budget_usd - spent.cost_usd,
      tokens: chain.budget_tokens === null ? null : chain.budget_tokens - tokensOf(spent),
    };
  }

  async #grant({ chain, left: own, next }: Wanted): Promise<Grant> {
    const { settings } = this.#context;
    const team = await this.#leftOfTeam(chain);
    const usd = least(own.usd, team.usd, settings.runBudgetUsd ?? null);
    const tokens = least(own.tokens, team.tokens);
    if (usd === null && tokens === null) return { granted: true, allowance: UNLIMITED };
    if (usd !== null && usd <= 0 || tokens !== null && tokens <= 0) {
      const whose = isSpent(own) ? `of ${chain}` : "of the team";
      return { granted: false, why: `The budget ${whose} is spent` };
    }
    const allowance = {
      budget_usd: usd === null ? null : usd + next.spent.cost_usd,
      budget_tokens: tokens === null ? null : tokens + tokensOf(next.spent),
    };
    this.#granted.set(chain, { task: next.id, allowance });
    return { granted: true, allowance };
  }

  async #leftOfTeam(but: ChainId): Promise<Left> {
    const { settings, team } = this.#context;
    const { budgetUsd, budgetTokens } = settings;
    if (budgetUsd === undefined && budgetTokens === undefined) return { usd: null, tokens: null };
    const [spent, out] = await Promise.all([team.spent.read(), this.#outstanding(but)]);
    return {
      usd: budgetUsd === undefined ? null : budgetUsd - spent.cost_usd - out.usd,
      tokens: budgetTokens === undefined ? null : budgetTokens - tokensOf(spent) - out.tokens,
    };
  }

  /** Granted and not yet spent, in the other chains: also by a former Leader, for it is on the tasks. */
  async #outstanding(but: ChainId): Promise<{ usd: number; tokens: number }> {
    const { team } = this.#context;
    const chains = (await team.chains.open()).filter(({ id }) => id !== but);
    const sum = { usd: 0, tokens: 0 };
    for (const task of (await Promise.all(chains.map((chain) => this.#atWork(chain)))).flat()) {
      const granted = this.#granted.get(task.chain);
      const { budget_usd, budget_tokens } = granted?.task === task.id ? granted.allowance : task;
      sum.usd += Math.max(0, (budget_usd ?? 0) - task.spent.cost_usd);
      sum.tokens += Math.max(0, (budget_tokens ?? 0) - tokensOf(task.spent));
    }
    return sum;
  }

  async #atWork(chain: Chain): Promise<(Task & { readonly chain: ChainId })[]> {
    const granted = this.#granted.get(chain.id)?.task;
    const at = granted ?? chain.links.find(({ link }) => link === chain.at)?.task_id;
    return at === undefined ? [] : [{ ...await this.#context.team.tasks.get(at), chain: chain.id }];
  }
}

/** What a chain has cost: its links and its decisions. */
export function spentOn(chain: Chain, tasks: readonly Task[]): Spent {
  return addSpent(chain.spent, ...tasks.map(({ spent }) => spent));
}

function isSpent({ usd, tokens }: Left): boolean {
  return usd !== null && usd <= 0 || tokens !== null && tokens <= 0;
}

function least(...amounts: readonly (number | null)[]): number | null {
  const limits = amounts.filter((amount) => amount !== null);
  return limits.length === 0 ? null : Math.min(...limits);
}
