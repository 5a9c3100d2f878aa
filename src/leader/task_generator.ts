import { terminalLine } from "../agent/terminal_text.ts";
import { Decomposition, problemsOf } from "../domain/decomposition.ts";
import { OrchestratorError } from "../domain/errors.ts";
import type { Requirement } from "../domain/requirement.ts";
import { MAX_REASON_BYTES } from "../domain/limits.ts";
import { truncateUtf8 } from "../domain/text.ts";
import type { FirstLink } from "../coordination/chains/push_chain.ts";
import type { Terms } from "../domain/judging.ts";
import { NOTHING_SPENT } from "../domain/spent.ts";
import { aboutTeam } from "./briefing.ts";
import type { LeaderContext } from "./context.ts";
import { termsFor } from "./dispatch.ts";
import { ask } from "./enquiry.ts";
import { Errands } from "./errands.ts";
import type { Treasury } from "./treasury.ts";

/** Requirements that are decomposed at once. */
const HANDS = 2;

/**
 * Makes chains of requirements: asks the agent, keeps its answer, pushes chain after chain. Each step
 * is on the requirement's record, so a successor goes on with the next one.
 */
export class TaskGenerator {
  readonly #context: LeaderContext;
  readonly #treasury: Treasury;
  readonly #errands: Errands;

  constructor(context: LeaderContext, treasury: Treasury) {
    this.#context = context;
    this.#treasury = treasury;
    const { clock, term, show } = context;
    this.#errands = new Errands({
      clock,
      limit: HANDS,
      signal: term.signal,
      onError: (key, error) => show(terminalLine(`Cannot decompose ${key}: ${error}`)),
    });
  }

  /** Works on what was submitted, until the term is over. */
  async run(): Promise<void> {
    const { team, term } = this.#context;
    for await (const requirements of team.requirements.followOpen(term.signal)) {
      for (const requirement of requirements) {
        if (requirement.status === "open") continue;
        this.#errands.offer(requirement.id, () => this.#generate(requirement));
      }
    }
    await this.#errands.settled();
  }

  async #generate(seen: Requirement): Promise<void> {
    const { team, term, actor } = this.#context;
    await term.untilMayAct();
    const requirement = await team.requirements.get(seen.id);
    if (requirement.status === "submitted") await this.#decompose(requirement);
    try {
      await team.requirements.pushChains(
        requirement.id,
        (first) => this.#firstTerms(first, requirement),
        actor,
      );
    } catch (error) {
      if (!(error instanceof OrchestratorError) || !HOPELESS.includes(error.code)) throw error;
      await this.#giveUp(requirement.id, error.message);
    }
  }

  async #decompose(requirement: Requirement): Promise<void> {
    const { team, actor } = this.#context;
    const reply = await ask(this.#context, {
      kind: "decompose",
      id: requirement.id,
      values: {
        ...await aboutTeam(this.#context),
        content: requirement.content,
        from_name: requirement.from_name,
      },
      schema: Decomposition,
      problems: problemsOf,
      budgetUsd: requirement.budget_usd,
    });
    if (reply.kind === "answer") {
      await team.requirements.storePlan(requirement.id, reply.answer, reply.spent, actor);
      return;
    }
    const reason = truncateUtf8(reply.problem, MAX_REASON_BYTES);
    await team.requirements.end(requirement.id, "failed", reason, actor, reply.spent);
  }

  async #firstTerms({ chain, task, link }: FirstLink, requirement: Requirement): Promise<Terms> {
    const left = { usd: requirement.budget_usd, tokens: requirement.budget_tokens };
    const next = { id: task, spent: NOTHING_SPENT };
    const grant = await this.#treasury.grant({ chain, left, next });
    if (!grant.granted) throw new OrchestratorError("BUDGET_SPENT", grant.why);
    return termsFor(link, this.#context.roster.workers(), null, grant.allowance);
  }

  /** A chain that its requirement cannot do without could not be pushed: those that were are given up. */
  async #giveUp(id: Requirement["id"], reason: string): Promise<void> {
    const { team, actor } = this.#context;
    const { chains } = await team.requirements.end(id, "failed", reason, actor);
    for (const chain of chains) await team.chains.end(chain, "cancelled", reason, actor);
  }
}

/** What no trying again mends. */
const HOPELESS: readonly string[] = ["DEPENDENCY_FAILED", "TOO_LARGE", "BUDGET_SPENT"];
