import { type Chain, type ChainStatus, type HelpWanted, isClosed } from "../../domain/chain.ts";
import { type ChainChange, follow, giveUp, resume } from "../../domain/chain_change.ts";
import type { DecisionRecord } from "../../domain/decision.ts";
import { type ChainId, type MessageId, type ReportId, reportIdOf } from "../../domain/ids.ts";
import type { Terms } from "../../domain/judging.ts";
import * as judging from "../../domain/judging.ts";
import { MAX_REASON_BYTES } from "../../domain/limits.ts";
import type { Actor } from "../../domain/member.ts";
import type { QuestionCost } from "../../domain/question_bill.ts";
import { type Course, outOfRounds } from "../../domain/ruling.ts";
import { isHandedIn } from "../../domain/standing.ts";
import type { Act } from "../../domain/step.ts";
import type { Task } from "../../domain/task.ts";
import { requireFits } from "../../domain/text.ts";
import { commitUntilDone, type Ground, type Plan, type Settled } from "../commit_once.ts";
import { readAgain } from "../losses.ts";
import type { SendingNeeds } from "../message_sending.ts";
import { readings } from "../readings.ts";
import { change } from "../tasks/change.ts";
import type { TaskStore } from "../tasks/store.ts";
import { wakeIfPossible } from "../tasks/wake.ts";
import { type LinkReport, readAwaiting } from "./awaiting.ts";
import { billQuestion } from "./bill_question.ts";
import { type FoundChain, planChange, readLinks, readLinksThatAre } from "./carry_out.ts";
import { helpOf, planMessage } from "./chain_messages.ts";
import { Decisions, type NewAnswer } from "./decisions.ts";
import { CHAINS, openDirectory, readIds, readRecord, requireRecord } from "./records.ts";

export type { LinkReport, NewAnswer };

/** What is to be done about a report. */
export interface Carrying {
  /** What `rule` made of the answer. */
  readonly course: Course;
  /** For the link that comes next, or is done again. */
  readonly terms: Terms | null;
  /** For `help`: ms that the chain waits for an answer. */
  readonly helpMs: number;
}

/** Which chains are listed: those that meet all that is given. */
export interface ChainFilter {
  /** Chains in one of these states. Default: in any. */
  readonly status?: readonly ChainStatus[] | undefined;
  /** At most so many. Default: all. */
  readonly limit?: number | undefined;
  /** Only chains with a greater id. */
  readonly after?: ChainId | undefined;
}

/** Records read at once. */
const BATCH = 100;

/**
 * The chains of a team and what was decided of their reports. A chain, the tasks of its links and the
 * decision that changes them are committed in one transaction, so a decision is carried out once, whoever
 * dies when. Methods throw CHAIN_NOT_FOUND, CORRUPT_DATA, CONTENTION and `ZooKeeperError`, and, where
 * the team was opened by a Leader that no longer leads, DEPOSED.
 */
export class ChainStore {
  readonly #store: TaskStore;
  readonly #ground: Ground;
  readonly #sending: SendingNeeds;
  readonly #decisions: Decisions;

  /** Made by `openTeam`. */
  constructor(store: TaskStore, sending: SendingNeeds) {
    this.#store = store;
    this.#ground = sending;
    this.#sending = sending;
    this.#decisions = new Decisions(store, sending);
  }

  /** The chain as it is now. */
  async get(id: ChainId): Promise<Chain> {
    return (await readAgain(this.#ground, () => requireRecord(this.#store.tree, CHAINS, id))).value;
  }

  /** Every chain that is not closed, oldest first. Records that do not parse are told and left out. */
  open(): Promise<Chain[]> {
    return readAgain(this.#ground, async () => {
      const { tree } = this.#store;
      await tree.sync();
      const names = await tree.children(openDirectory(tree, CHAINS));
      return await this.#read(names);
    });
  }

  /** Chains in the order of their ids. */
  list(filter: ChainFilter = {}): Promise<Chain[]> {
    return readAgain(this.#ground, () => this.#list(filter));
  }

  async #list({ status, limit = Infinity, after }: ChainFilter): Promise<Chain[]> {
    const { tree } = this.#store;
    await tree.sync();
    const isOpen = status?.every((each) => each === "open" || each === "waiting") ?? false;
    const ids = (await readIds(tree, CHAINS, isOpen)).filter((id) => id > (after ?? ""));
    const size = Math.min(BATCH, limit);
    const chains: Chain[] = [];
    for (let at = 0; at < ids.length && chains.length < limit; at += size) {
      const found = await this.#read(ids.slice(at, at + size));
      chains.push(
        ...found.filter((chain) => status === undefined || status.includes(chain.status)),
      );
    }
    return chains.slice(0, limit);
  }

  async #read(ids: readonly string[]): Promise<Chain[]> {
    const reads = await Promise.all(ids.map((id) => readRecord(this.#store.tree, CHAINS, id)));
    return reads.flatMap((read) => {
      if (read.kind === "corrupt") this.#store.onProblem(read);
      return read.kind === "found" ? [read.value] : [];
    });
  }

  /** The tasks of a chain, in the order of its links. Throws TASK_NOT_FOUND. */
  tasks(chain: Chain): Promise<Task[]> {
    return readAgain(this.#ground, async () => {
      await this.#store.tree.sync();
      return (await readLinks(this.#store, chain)).map(({ task }) => task);
    });
  }

  /** Those of its tasks that retention has not removed yet, in the order of its links. */
  knownTasks(chain: Chain): Promise<Task[]> {
    return readAgain(this.#ground, async () => {
      await this.#store.tree.sync();
      return (await readLinksThatAre(this.#store, chain)).map(({ task }) => task);
    });
  }

  /** Reports that are to be judged, by the ids of their tasks. */
  awaiting(): Promise<LinkReport[]> {
    return readAgain(this.#ground, () => readAwaiting(this.#store));
  }

  /** What `awaiting` gives, now and after each change, until the signal is aborted. */
  followAwaiting(signal: AbortSignal): AsyncGenerator<LinkReport[], void, void> {
    return readings(this.#store.tree, this.#ground.clock, signal, {
      targets: [{ path: this.#store.path("awaiting"), recursive: true, levels: 2 }],
      read: () => readAwaiting(this.#store),
    });
  }

  /** What was decided of a report, or null. */
  decision(chain: ChainId, report: ReportId): Promise<DecisionRecord | null> {
    return readAgain(this.#ground, () => this.#decisions.get(chain, report));
  }

  /** Everything that was decided of a chain, in the order in which it was answered. */
  decisions(chain: ChainId): Promise<DecisionRecord[]> {
    return readAgain(this.#ground, () => this.#decisions.list(chain));
  }

  /**
   * Keeps an answer, unless there is one already: then that one counts. Gives the answer that counts,
   * and adds what it has cost to the chain.
   */
  storeAnswer(report: LinkReport, given: NewAnswer, by: Actor): Promise<DecisionRecord> {
    return this.#decisions.store(report, given, by);
  }

  /** Bills what a question about a report has cost until now, while it is asked; see `billQuestion`. */
  billQuestion(
    { id, chainId, task }: LinkReport,
    cost: Required<QuestionCost>,
    by: Actor,
  ): Promise<void> {
    return billQuestion(this.#ground, CHAINS, chainId, cost, {
      type: "question_billed",
      by: by.id,
      by_name: by.name,
      task_id: task.id,
      chain_id: chainId,
      data: { report_id: id },
    });
  }

  /**
   * Carries out what was decided of a report: chain, tasks, decision and journal in one transaction.
   * Does nothing where that was done, or where the report is no longer there to be judged (somebody
   * took the task up again, or the chain is over). Gives the chain as it is then.
   */
  async carryOut(report: LinkReport, carrying: Carrying, by: Actor): Promise<Chain> {
    let ended: readonly Task["id"][] = [];
    const decide = async (): Promise<Plan<Chain> | Settled<Chain>> => {
      const found = await this.#find(report.chainId);
      const kept = await this.#decisions.find(report.chainId, report.id);
      const judged = found.tasks.find(({ task }) => task.id === report.task.id)?.task;
      const isThere = judged !== undefined && isHandedIn(judged) &&
        judged.reports === report.task.reports;
      if (kept === null || kept.record.status === "done" || isClosed(found.value) || !isThere) {
        return { settled: found.value };
      }
      const act = this.#store.act(by);
      const { course } = carrying;
      const message = await planMessage(this.#sending, found.value, judged, course, act);
      const help = helpOf(found.value, judged, course, message?.id ?? null, carrying.helpMs, act);
      const tasks = found.tasks.map(({ task }) => task);
      const change = course.kind === "help" && help === null
        ? giveUp(found.value, "failed", `Nobody is here to help: ${course.question}`, tasks, act)
        : follow(found.value, course, { tasks, judged, terms: carrying.terms, help, act });
      // Nobody is told what to do for a chain that is over.
      const told = isClosed(change.chain) ? null : message;
      const planned = await planChange(this.#store, found, change, {
        ops: [this.#decisions.done(kept, act), ...told?.ops ?? []],
        events: told?.events ?? [],
      });
      ended = planned.ended;
      return { ops: planned.ops, event: planned.events, result: () => change.chain };
    };
    const chain = await commitUntilDone(this.#ground, decide, () => Promise.resolve(null));
    await wakeIfPossible(this.#store, ended);
    return chain;
  }

  /** A question was answered: the link is done again with the answer. Does nothing on a second answer. */
  async answerHelp(
    id: ChainId,
    message: MessageId,
    text: string,
    terms: Terms,
    by: Actor,
  ): Promise<Chain> {
    return await this.#change(id, by, (chain, tasks, act) => {
      if (chain.status !== "waiting" || chain.help?.message_id !== message) return null;
      const judged = askedAbout(chain.help, tasks);
      if (judged === null) return resume(chain, act);
      const { link } = chain.help;
      const reason = "Somebody answered the question";
      const course = outOfRounds(chain, reason) ??
        { kind: "redo" as const, decision: "feedback" as const, link, reason, guidance: text };
      return follow(chain, course, { tasks, judged, terms, help: null, act });
    });
  }

  /**
   * Nobody answered a question in time: the chain has failed, unless somebody took its link up
   * meanwhile. Does nothing where it no longer waits for that answer.
   */
  async endWaiting(id: ChainId, message: MessageId, by: Actor): Promise<Chain> {
    return await this.#change(id, by, (chain, tasks, act) => {
      if (chain.status !== "waiting" || chain.help?.message_id !== message) return null;
      if (askedAbout(chain.help, tasks) === null) return resume(chain, act);
      const reason = `Nobody answered: ${chain.help.question}`;
      return giveUp(chain, "failed", reason, tasks, act);
    });
  }

  /**
   * Gives a chain up, also one of which a task is missing or does not parse. Does nothing where it is
   * over. Throws TOO_LARGE for the reason.
   */
  async end(
    id: ChainId,
    status: "failed" | "cancelled",
    reason: string,
    by: Actor,
  ): Promise<Chain> {
    requireFits("Reason", reason, MAX_REASON_BYTES);
    return await this.#change(
      id,
      by,
      (chain, tasks, act) => isClosed(chain) ? null : giveUp(chain, status, reason, tasks, act),
      readLinksThatAre,
    );
  }

  /** Other terms for a link that nobody has taken yet; null where somebody has. */
  async reassign(id: Task["id"], terms: Terms, reason: string, by: Actor): Promise<Task | null> {
    const act = this.#store.act(by);
    let isTaken = false;
    const { task } = await change(this.#store, id, act, ({ task }) => {
      isTaken = task.status !== "pending";
      return isTaken ? null : judging.reassign(task, act, terms, reason);
    });
    return isTaken ? null : task;
  }

  async #change(
    id: ChainId,
    by: Actor,
    decideChange: (chain: Chain, tasks: readonly Task[], act: Act) => ChainChange | null,
    links = readLinks,
  ): Promise<Chain> {
    let ended: readonly Task["id"][] = [];
    const decide = async (): Promise<Plan<Chain> | Settled<Chain>> => {
      const found = await this.#find(id, links);
      const tasks = found.tasks.map(({ task }) => task);
      const change = decideChange(found.value, tasks, this.#store.act(by));
      if (change === null) return { settled: found.value };
      const planned = await planChange(this.#store, found, change, { ops: [], events: [] });
      ended = planned.ended;
      return { ops: planned.ops, event: planned.events, result: () => change.chain };
    };
    const chain = await commitUntilDone(this.#ground, decide, () => Promise.resolve(null));
    await wakeIfPossible(this.#store, ended);
    return chain;
  }

  async #find(id: ChainId, links = readLinks): Promise<FoundChain> {
    const found = await requireRecord(this.#store.tree, CHAINS, id);
    return { ...found, tasks: await links(this.#store, found.value) };
  }
}

/** The report that a question is about; null where somebody took the link up again. */
function askedAbout({ report_id }: HelpWanted, tasks: readonly Task[]): Task | null {
  return tasks.find((task) =>
    isHandedIn(task) && reportIdOf(task.id, task.reports) === report_id
  ) ?? null;
}
