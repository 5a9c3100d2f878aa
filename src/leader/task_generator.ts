import { Decomposition, problemsOf } from "../domain/decomposition.ts";
import { OrchestratorError } from "../domain/errors.ts";
import type { RequirementId } from "../domain/ids.ts";
import type { Requirement } from "../domain/requirement.ts";
import { MAX_REASON_BYTES } from "../domain/limits.ts";
import { truncateUtf8 } from "../domain/text.ts";
import type { FirstLink } from "../coordination/chains/push_chain.ts";
import type { Terms } from "../domain/judging.ts";
import { NOTHING_SPENT, type Spent, tokensOf } from "../domain/spent.ts";
import { aboutTeam } from "./briefing.ts";
import type { LeaderContext } from "./context.ts";
import { termsFor } from "./dispatch.ts";
import { ask, MAX_REPAIRS } from "./enquiry.ts";
import { type Errands, errandsOf } from "./errands.ts";
import { allowanceOf, type Treasury } from "./treasury.ts";

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
    this.#errands = errandsOf(context, { verb: "decompose", limit: HANDS });
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
    const key = `open ${requirement.id}`;
    try {
      await team.requirements.pushChains(
        requirement.id,
        (first) => this.#firstTerms(key, first, requirement),
        actor,
      );
    } catch (error) {
      if (!(error instanceof OrchestratorError) || !HOPELESS.includes(error.code)) throw error;
      await this.#giveUp(requirement.id, error.message);
    } finally {
      this.#treasury.release(key);
    }
  }

  async #decompose(requirement: Requirement): Promise<void> {
    const { id } = requirement;
    const { budget_usd: usd, budget_tokens: tokens, spent } = requirement;
    // What a former Leader's question has cost, that came to no answer, is gone.
    const own = {
      usd: usd === null ? null : usd - spent.cost_usd,
      tokens: tokens === null ? null : tokens - tokensOf(spent),
    };
    const key = `decompose ${id}`;
    const grant = await this.#treasury.reserve({ key, whose: id, own, task: null });
    if (!grant.granted) return await this.#fail(id, grant.why, NOTHING_SPENT);
    const { team, actor, random } = this.#context;
    const question = random.id();
    try {
      const reply = await ask(this.#context, {
        kind: "decompose",
        id,
        about: { requirement_id: id },
        values: {
          ...await aboutTeam(this.#context),
          content: requirement.content,
          from_name: requirement.from_name,
        },
        schema: Decomposition,
        problems: problemsOf,
        maxImpossible: MAX_REPAIRS,
        budget: grant.left,
        bill: (spent) => team.requirements.billQuestion(id, { question, spent }, actor),
      });
      if (reply.kind === "none") return await this.#fail(id, reply.problem, reply.spent, question);
      await team.requirements.storePlan(id, reply.answer, reply.spent, actor, question);
    } finally {
      this.#treasury.release(key);
    }
  }

  async #fail(id: RequirementId, why: string, spent: Spent, question?: string): Promise<void> {
    const { team, actor } = this.#context;
    const reason = truncateUtf8(why, MAX_REASON_BYTES);
    await team.requirements.end(id, "failed", reason, actor, spent, question);
  }

  async #firstTerms(
    key: string,
    { chain, task, link, waits }: FirstLink,
    requirement: Requirement,
  ): Promise<Terms> {
    const own = { usd: requirement.budget_usd, tokens: requirement.budget_tokens };
    const grant = await this.#treasury.reserve({
      key,
      whose: chain,
      own,
      task: { id: task },
      waits,
    });
    if (!grant.granted) throw new OrchestratorError("BUDGET_SPENT", grant.why);
    return termsFor(link, this.#context.roster.workers(), null, allowanceOf(grant.left));
  }

  /**
   * A chain that its requirement cannot do without could not be opened: those that were are given up,
   * and the requirement last, so that a successor that finds it half done does the same again.
   */
  async #giveUp(id: RequirementId, why: string): Promise<void> {
    const { team, actor } = this.#context;
    const reason = truncateUtf8(why, MAX_REASON_BYTES);
    const { chains } = await team.requirements.get(id);
    for (const chain of chains) await team.chains.end(chain, "cancelled", reason, actor);
    await team.requirements.end(id, "failed", reason, actor);
  }
}

/** What no trying again mends. */
const HOPELESS: readonly string[] = ["DEPENDENCY_FAILED", "TOO_LARGE", "BUDGET_SPENT"];
