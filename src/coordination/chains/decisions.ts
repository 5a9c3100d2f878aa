import type { Chain } from "../../domain/chain.ts";
import { type Decision, DecisionRecord } from "../../domain/decision.ts";
import { OrchestratorError } from "../../domain/errors.ts";
import type { ChainId, ReportId } from "../../domain/ids.ts";
import { MAX_HISTORY_REASON_BYTES, MAX_JOURNAL_TEXT_BYTES } from "../../domain/limits.ts";
import type { Actor } from "../../domain/member.ts";
import { billed, restOf } from "../../domain/question_bill.ts";
import type { Spent } from "../../domain/spent.ts";
import type { Act } from "../../domain/step.ts";
import { truncateUtf8 } from "../../domain/text.ts";
import type { Op } from "../../zookeeper/zookeeper.ts";
import { commitUntilDone, type Ground, type Plan, type Settled } from "../commit_once.ts";
import { encodePayload } from "../payload.ts";
import type { TaskStore } from "../tasks/store.ts";
import type { LinkReport } from "./awaiting.ts";
import { CHAINS, changeRecord, requireRecord } from "./records.ts";

/** An answer about a report, to be kept before anything is done about it. */
export interface NewAnswer {
  /** null where none could be had: then `problem` says why. */
  readonly answer: Decision | null;
  /** Why there is no answer, for people; null where there is one. */
  readonly problem: string | null;
  /** What asking has cost, tries without an answer among them. */
  readonly spent: Spent;
  /** The question, as `billQuestion` knows it, where it was billed while it was asked. */
  readonly question?: string | undefined;
  /** Of the Leader that asked. */
  readonly epoch: number;
}

/** A decision as read. */
export interface FoundDecision {
  readonly record: DecisionRecord;
  readonly version: number;
}

/** What was decided, one node a report: an answer that is kept is never asked for again. */
export class Decisions {
  readonly #store: TaskStore;
  readonly #ground: Ground;

  constructor(store: TaskStore, ground: Ground) {
    this.#store = store;
    this.#ground = ground;
  }

  /** What was decided of a report; null where nothing was. Throws CORRUPT_DATA. */
  async get(chain: ChainId, report: ReportId): Promise<DecisionRecord | null> {
    await this.#store.tree.sync();
    return (await this.find(chain, report))?.record ?? null;
  }

  /** Every decision of a chain, oldest first; those that do not parse are told and left out. */
  async list(chain: ChainId): Promise<DecisionRecord[]> {
    const { tree } = this.#store;
    await tree.sync();
    const directory = tree.path("chains", "decisions", chain);
    const names = await tree.children(directory);
    const reads = await Promise.all(
      names.map((name) => tree.read(`${directory}/${name}`, DecisionRecord)),
    );
    const found = reads.flatMap((read) => {
      if (read.kind === "corrupt") this.#store.onProblem(read);
      return read.kind === "found" ? [read.value] : [];
    });
    return found.sort((a, b) => a.answered_at < b.answered_at ? -1 : 1);
  }

  async find(chain: ChainId, report: ReportId): Promise<FoundDecision | null> {
    const read = await this.#store.tree.read(this.#path(chain, report), DecisionRecord);
    if (read.kind === "missing") return null;
    if (read.kind === "corrupt") {
      throw new OrchestratorError("CORRUPT_DATA", `Cannot read "${read.path}": ${read.problem}`, {
        hint: "Delete that node, and the report is judged anew",
        details: { path: read.path },
      });
    }
    return { record: read.value, version: read.stat.version };
  }

  /** Keeps an answer and bills its chain; where there is one already, that one counts and is given. */
  async store(report: LinkReport, given: NewAnswer, by: Actor): Promise<DecisionRecord> {
    const { tree } = this.#store;
    const decide = async (): Promise<Plan<DecisionRecord> | Settled<DecisionRecord>> => {
      const [chain, kept] = await Promise.all([
        requireRecord(tree, CHAINS, report.chainId),
        this.find(report.chainId, report.id),
      ]);
      if (kept !== null) return { settled: kept.record };
      const act = this.#store.act(by);
      const record = recordOf(report, chain.value, given, act);
      const bill = billed(chain.value, given);
      const path = this.#path(report.chainId, report.id);
      return {
        ops: [
          { type: "create", path, data: encodePayload(record) },
          ...changeRecord(tree, CHAINS, chain, { ...chain.value, ...bill, updated_at: act.now }),
        ],
        event: {
          type: "decision_stored",
          by: by.id,
          by_name: by.name,
          task_id: report.task.id,
          chain_id: report.chainId,
          reason: truncateUtf8(
            given.answer?.reason ?? given.problem ?? "",
            MAX_JOURNAL_TEXT_BYTES,
          ),
          title: truncateUtf8(report.task.title, MAX_HISTORY_REASON_BYTES),
          data: {
            report_id: report.id,
            link: record.link,
            decision: given.answer?.decision ?? null,
            next_action: given.answer?.next_action ?? null,
            spent: restOf(chain.value, given),
          },
        },
        result: () => record,
      };
    };
    return await commitUntilDone(this.#ground, decide, () => Promise.resolve(null));
  }

  /** The operation that marks a decision as carried out. */
  done({ record, version }: FoundDecision, act: Act): Op {
    const done: DecisionRecord = { ...record, status: "done", done_at: act.now };
    const path = this.#path(record.chain_id, record.report_id);
    return { type: "set", path, data: encodePayload(done), version };
  }

  #path(chain: ChainId, report: ReportId): string {
    return this.#store.tree.path("chains", "decisions", chain, report);
  }
}

function recordOf(
  { id, task }: LinkReport,
  chain: Chain,
  { answer, problem, spent, epoch }: NewAnswer,
  act: Act,
): DecisionRecord {
  return {
    v: 1,
    report_id: id,
    chain_id: chain.id,
    task_id: task.id,
    link: task.link ?? chain.at,
    round: chain.round,
    status: "answered",
    answer: answer satisfies Decision | null,
    problem,
    spent,
    epoch,
    by: act.by.id,
    answered_at: act.now,
    done_at: null,
    nonce: act.nonce,
  };
}
