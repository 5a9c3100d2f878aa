import type { Decomposition } from "../../domain/decomposition.ts";
import { OrchestratorError } from "../../domain/errors.ts";
import type { EventType, NewEvent } from "../../domain/event.ts";
import { idOf, type MessageId, RequirementId } from "../../domain/ids.ts";
import {
  MAX_JOURNAL_TEXT_BYTES,
  MAX_PLAN_BYTES,
  MAX_REASON_BYTES,
  MAX_REQUIREMENT_BYTES,
  MAX_ROUNDS,
  MAX_STORED_REQUIREMENT_BYTES,
} from "../../domain/limits.ts";
import type { Actor } from "../../domain/member.ts";
import { billed, type QuestionCost, restOf } from "../../domain/question_bill.ts";
import { isSettled, type Requirement, type RequirementStatus } from "../../domain/requirement.ts";
import { isNothing, NOTHING_SPENT, type Spent } from "../../domain/spent.ts";
import type { Act } from "../../domain/step.ts";
import { requireFits, truncateUtf8 } from "../../domain/text.ts";
import {
  commitOnce,
  commitUntilDone,
  type Ground,
  type Plan,
  type Settled,
} from "../commit_once.ts";
import { readAgain } from "../losses.ts";
import { readings } from "../readings.ts";
import { readSerials, takeSerials } from "../serial_counter.ts";
import type { TaskStore } from "../tasks/store.ts";
import { billQuestion } from "./bill_question.ts";
import { type FirstTerms, planOpening } from "./push_chain.ts";
import {
  changeRecord,
  createRecord,
  openDirectory,
  readIds,
  readRecord,
  recordPath,
  REQUIREMENTS,
  requireRecord,
} from "./records.ts";

/** What somebody wants from the team. */
export interface NewRequirement {
  /** In the words of whoever wants it; at most 256 KiB as UTF-8. */
  readonly content: string;
  /** Rounds of each of its chains, 1 to 20. Default: 3. */
  readonly maxRounds?: number | undefined;
  /** US dollars that each of its chains may cost. Default: no limit. */
  readonly budgetUsd?: number | undefined;
  /** Tokens that each of its chains may cost. Default: no limit. */
  readonly budgetTokens?: number | undefined;
  /** The message that it is made of: one message becomes one requirement. */
  readonly messageId?: MessageId | undefined;
}

/** Which requirements are listed: those that meet all that is given. */
export interface RequirementFilter {
  /** Requirements in one of these states. Default: in any. */
  readonly status?: readonly RequirementStatus[] | undefined;
  /** At most so many. Default: all. */
  readonly limit?: number | undefined;
  /** Only requirements with a greater id. */
  readonly after?: RequirementId | undefined;
}

/** Records read at once. */
const BATCH = 100;

/**
 * What the team was asked for. Each step of a requirement is one transaction, so that a Leader that takes
 * over goes on with it where the other stopped. Methods throw REQUIREMENT_NOT_FOUND, CORRUPT_DATA,
 * CONTENTION and `ZooKeeperError`, and, for a Leader that no longer leads, DEPOSED.
 */
export class RequirementStore {
  readonly #store: TaskStore;
  readonly #ground: Ground;

  /** Made by `openTeam`. */
  constructor(store: TaskStore, ground: Ground) {
    this.#store = store;
    this.#ground = ground;
  }

  /**
   * Keeps a requirement for the Leader, whether there is one or not.
   *
   * @throws OrchestratorError INVALID_INPUT for an empty one, and for rounds or a budget out of range;
   *   TOO_LARGE
   */
  async submit(given: NewRequirement, by: Actor): Promise<Requirement> {
    checkGiven(given);
    const act = this.#store.act(by);
    const decide = async (): Promise<Plan<RequirementId> | Settled<RequirementId>> => {
      const { tree } = this.#store;
      const serials = await readSerials(tree, "requirements");
      const existing = await this.#ofMessage(given.messageId);
      if (existing !== null) return { settled: existing.id };
      const requirement = requirementOf(idOf("req", serials.next), given, act);
      const mark = given.messageId === undefined ? [] : [{
        type: "create" as const,
        path: this.#messagePath(given.messageId),
        data: new TextEncoder().encode(requirement.id),
      }];
      return {
        ops: [
          takeSerials(serials, 1),
          ...createRecord(tree, REQUIREMENTS, requirement),
          ...mark,
        ],
        event: eventOf("requirement_submitted", requirement, act, {
          title: truncateUtf8(given.content, MAX_JOURNAL_TEXT_BYTES),
          data: { nonce: act.nonce },
        }),
        result: () => requirement.id,
      };
    };
    const recall = (event: NewEvent) => RequirementId.parse(event.requirement_id);
    return await this.get(await commitOnce(this.#ground, act.nonce, decide, recall));
  }

  async #ofMessage(message: MessageId | undefined): Promise<Requirement | null> {
    if (message === undefined) return null;
    const mark = await this.#store.tree.data(this.#messagePath(message));
    if (mark === null) return null;
    const id = new TextDecoder().decode(mark.data);
    return (await requireRecord(this.#store.tree, REQUIREMENTS, id)).value;
  }

  /** The requirement as it is now. */
  async get(id: RequirementId): Promise<Requirement> {
    const read = () => requireRecord(this.#store.tree, REQUIREMENTS, id);
    return (await readAgain(this.#ground, read)).value;
  }

  /** Requirements in the order of their ids. */
  list(filter: RequirementFilter = {}): Promise<Requirement[]> {
    return readAgain(this.#ground, async () => {
      const { status, limit = Infinity, after } = filter;
      const { tree } = this.#store;
      await tree.sync();
      const ids = (await readIds(tree, REQUIREMENTS, false)).filter((id) => id > (after ?? ""));
      const size = Math.min(BATCH, limit);
      const listed: Requirement[] = [];
      for (let at = 0; at < ids.length && listed.length < limit; at += size) {
        const found = await this.#read(ids.slice(at, at + size));
        listed.push(...found.filter((one) => status === undefined || status.includes(one.status)));
      }
      return listed.slice(0, limit);
    });
  }

  /** Every requirement that is not over, oldest first. */
  open(): Promise<Requirement[]> {
    return readAgain(this.#ground, () => this.#readOpen());
  }

  /** What `open` gives, now and after each change, until the signal is aborted. */
  followOpen(signal: AbortSignal): AsyncGenerator<Requirement[], void, void> {
    return readings(this.#store.tree, this.#ground.clock, signal, {
      targets: [{ path: openDirectory(this.#store.tree, REQUIREMENTS) }],
      read: () => this.#readOpen(),
    });
  }

  /** A requirement now and after each change, until the signal is aborted. */
  watch(id: RequirementId, signal: AbortSignal): AsyncGenerator<Requirement, void, void> {
    return readings(this.#store.tree, this.#ground.clock, signal, {
      targets: [{ path: recordPath(this.#store.tree, REQUIREMENTS, id) }],
      read: async () => (await requireRecord(this.#store.tree, REQUIREMENTS, id)).value,
    });
  }

  async #readOpen(): Promise<Requirement[]> {
    const { tree } = this.#store;
    await tree.sync();
    return await this.#read(await tree.children(openDirectory(tree, REQUIREMENTS)));
  }

  async #read(ids: readonly string[]): Promise<Requirement[]> {
    const { tree } = this.#store;
    const reads = await Promise.all(ids.map((id) => readRecord(tree, REQUIREMENTS, id)));
    return reads.flatMap((read) => {
      if (read.kind === "corrupt") this.#store.onProblem(read);
      return read.kind === "found" ? [read.value] : [];
    });
  }

  /** Bills what its decomposition has cost until now, while it is asked for; see `billQuestion`. */
  billQuestion(id: RequirementId, cost: Required<QuestionCost>, by: Actor): Promise<void> {
    return billQuestion(this.#ground, REQUIREMENTS, id, cost, {
      type: "question_billed",
      by: by.id,
      by_name: by.name,
      requirement_id: id,
    });
  }

  /**
   * submitted → planned, with the answer that counts. Does nothing where there is one already. `question`
   * names the one that was billed while it was asked.
   *
   * @throws OrchestratorError TOO_LARGE
   */
  async storePlan(
    id: RequirementId,
    plan: Decomposition,
    spent: Spent,
    by: Actor,
    question?: string,
  ): Promise<Requirement> {
    requireFits("Decomposition", JSON.stringify(plan.chains), MAX_PLAN_BYTES);
    return await this.#change(id, by, (requirement, act) => {
      if (requirement.status !== "submitted") return null;
      const after: Requirement = {
        ...requirement,
        status: "planned",
        plan,
        ...billed(requirement, { spent, question }),
      };
      const rest = restOf(requirement, { spent, question });
      const data = { chains: plan.chains.length, spent: rest };
      return { after, event: eventOf("requirement_planned", after, act, { data }) };
    });
  }

  /** Opens the chains of a planned requirement that are not there yet, one transaction each. */
  async pushChains(id: RequirementId, firstTerms: FirstTerms, by: Actor): Promise<Requirement> {
    for (;;) {
      const decide = async (): Promise<Plan<Requirement | null> | Settled<Requirement | null>> => {
        const found = await requireRecord(this.#store.tree, REQUIREMENTS, id);
        if (found.value.status !== "planned") return { settled: null };
        const opening = await planOpening(this.#store, found, firstTerms, this.#store.act(by));
        if (opening === null) return { settled: null };
        const { ops, events, requirement } = opening;
        return { ops, event: events, result: () => requirement };
      };
      const pushed = await commitUntilDone(this.#ground, decide, () => Promise.resolve(null));
      if (pushed === null) return await this.get(id);
    }
  }

  /**
   * Ends a requirement of which no chain is at work; its spent is what was tried in vain. Does nothing
   * where it is over.
   */
  end(
    id: RequirementId,
    status: "failed" | "cancelled",
    reason: string,
    by: Actor,
    spent: Spent = NOTHING_SPENT,
    question?: string,
  ): Promise<Requirement> {
    requireFits("Reason", reason, MAX_REASON_BYTES);
    return this.#change(id, by, (requirement, act) => {
      if (isSettled(requirement)) return null;
      const after: Requirement = {
        ...requirement,
        status,
        reason,
        ...billed(requirement, { spent, question }),
        closed_at: act.now,
      };
      const rest = restOf(requirement, { spent, question });
      const data = isNothing(rest) ? {} : { spent: rest };
      return { after, event: eventOf(`requirement_${status}`, after, act, { reason, data }) };
    });
  }

  async #change(
    id: RequirementId,
    by: Actor,
    take: (
      requirement: Requirement,
      act: Act,
    ) => { readonly after: Requirement; readonly event: NewEvent } | null,
  ): Promise<Requirement> {
    const decide = async (): Promise<Plan<Requirement> | Settled<Requirement>> => {
      const found = await requireRecord(this.#store.tree, REQUIREMENTS, id);
      const act = this.#store.act(by);
      const taken = take(found.value, act);
      if (taken === null) return { settled: found.value };
      const after = { ...taken.after, updated_at: act.now };
      return {
        ops: changeRecord(this.#store.tree, REQUIREMENTS, found, after),
        event: taken.event,
        result: () => after,
      };
    };
    return await commitUntilDone(this.#ground, decide, () => Promise.resolve(null));
  }

  #messagePath(id: MessageId): string {
    return this.#store.tree.path("requirements", "of_message", id);
  }
}

function checkGiven({ content, maxRounds, budgetUsd, budgetTokens }: NewRequirement): void {
  const problem = content.trim() === ""
    ? "A requirement must not be empty"
    : maxRounds !== undefined && !isWithin(maxRounds, MAX_ROUNDS)
    ? `Rounds must be 1 to ${MAX_ROUNDS}, not ${maxRounds}`
    : budgetUsd !== undefined && !(budgetUsd > 0 && budgetUsd < Infinity)
    ? `A budget must be a number of US dollars above 0, not ${budgetUsd}`
    : budgetTokens !== undefined && !isWithin(budgetTokens, Number.MAX_SAFE_INTEGER)
    ? `A budget must be a whole number of tokens above 0, not ${budgetTokens}`
    : null;
  if (problem !== null) throw new OrchestratorError("INVALID_INPUT", problem);
  requireFits("Requirement", content, MAX_REQUIREMENT_BYTES);
  requireFits("Requirement as stored", JSON.stringify(content), MAX_STORED_REQUIREMENT_BYTES);
}

function isWithin(count: number, max: number): boolean {
  return Number.isInteger(count) && count >= 1 && count <= max;
}

function requirementOf(id: RequirementId, given: NewRequirement, act: Act): Requirement {
  return REQUIREMENTS.schema.parse({
    v: 1,
    id,
    content: given.content,
    status: "submitted",
    from_instance: act.by.id,
    from_name: act.by.name,
    message_id: given.messageId ?? null,
    max_rounds: given.maxRounds,
    budget_usd: given.budgetUsd ?? null,
    budget_tokens: given.budgetTokens ?? null,
    created_at: act.now,
    updated_at: act.now,
    nonce: act.nonce,
  });
}

function eventOf(
  type: Extract<EventType, `requirement_${string}`>,
  requirement: Requirement,
  act: Act,
  more: Partial<NewEvent>,
): NewEvent {
  const reason = more.reason === undefined || more.reason === null
    ? null
    : truncateUtf8(more.reason, MAX_JOURNAL_TEXT_BYTES);
  const by = { by: act.by.id, by_name: act.by.name };
  return { type, ...by, requirement_id: requirement.id, ...more, reason };
}
