import type { LinkReport } from "../../src/coordination/chains/chain_store.ts";
import type { Team } from "../../src/coordination/team.ts";
import type { Chain } from "../../src/domain/chain.ts";
import { Decision } from "../../src/domain/decision.ts";
import { Decomposition } from "../../src/domain/decomposition.ts";
import { type ChainId, InstanceId, type MessageId } from "../../src/domain/ids.ts";
import type { Terms } from "../../src/domain/judging.ts";
import type { Requirement } from "../../src/domain/requirement.ts";
import { rule } from "../../src/domain/ruling.ts";
import { NOTHING_SPENT } from "../../src/domain/spent.ts";
import type { Link, Task } from "../../src/domain/task.ts";
import { claimer, holderOf, PERSON } from "./task_team.ts";
import { profile } from "./team_on.ts";

export const LEADER = { id: InstanceId.parse("leader"), name: "Leader" };
export const WORKER = claimer("worker");

/** Anybody, without a budget. */
export const TERMS: Terms = { role: null, assignee: null, budget_usd: null, budget_tokens: null };

/** ms that a chain waits for help in these tests. */
export const HELP_MS = 60_000;

/** What one run costs here, in US dollars. */
export const COST = { ...NOTHING_SPENT, cost_usd: 0.5, runs: 1 };

/** A decomposition of chains without a plan link, or with one. */
export function planOf(
  ...chains: readonly {
    readonly after?: number[];
    readonly plan?: boolean;
    readonly text?: string;
  }[]
): Decomposition {
  return Decomposition.parse({
    chains: chains.map(({ after = [], plan = false, text = "Do it" }, index) => {
      const link = (title: string) => ({ title, description: text, criteria: "It works" });
      return {
        title: `Chain ${index + 1}`,
        after,
        links: {
          plan: plan ? link("Plan") : null,
          build: link("Build"),
          verify: link("Verify"),
          review: link("Review"),
          accept: link("Accept"),
        },
      };
    }),
  });
}

/** The answer of a Leader's agent: `answer("reject", { redo_link: "build" })`. */
export function answer(decision: Decision["decision"], more: Partial<Decision> = {}): Decision {
  return Decision.parse({
    decision,
    reason: `because of ${decision}`,
    guidance: decision === "pass" ? "" : `guidance of ${decision}`,
    ...more,
  });
}

/** A Leader and a Worker who work with their hands: each step is one call. */
export class ChainTeam {
  readonly team: Team;

  constructor(team: Team) {
    this.team = team;
  }

  /** Makes the Worker and the Leader members. */
  async join(): Promise<this> {
    for (const { id } of [WORKER, LEADER]) await this.team.members.register(profile(id));
    return this;
  }

  /** A requirement that was submitted, planned and opened. */
  async opened(plan = planOf({}), maxRounds?: number): Promise<Requirement> {
    const { requirements } = this.team;
    const { id } = await requirements.submit({ content: "A greeting", maxRounds }, PERSON);
    await requirements.storePlan(id, plan, COST, LEADER);
    return await requirements.pushChains(id, () => Promise.resolve(TERMS), LEADER);
  }

  /** The one chain of a requirement that was just opened. */
  async openedChain(plan = planOf({}), maxRounds?: number): Promise<Chain> {
    const [id] = (await this.opened(plan, maxRounds)).chains;
    if (id === undefined) throw new Error("No chain was opened");
    return await this.team.chains.get(id);
  }

  /** The Worker takes the link that the chain is at. */
  async claim(chain: ChainId): Promise<Task> {
    const tasks = await this.team.chains.knownTasks(await this.team.chains.get(chain));
    const ready = tasks.find((each) => each.status === "pending" && each.waiting_on.length === 0);
    // Whoever claims the next one tells first what a Leader left untold.
    const task = await this.team.tasks.claim(
      WORKER,
      ready === undefined ? {} : { taskId: ready.id },
    );
    if (task?.chain_id !== chain) throw new Error(`Nothing of ${chain} can be claimed`);
    return task;
  }

  /** The Worker does the link that the chain is at. */
  async work(chain: ChainId, result = "done"): Promise<LinkReport> {
    const task = await this.claim(chain);
    await this.team.tasks.complete(task.id, holderOf(WORKER, task), { result, spent: COST });
    return await this.report(chain);
  }

  /** The report of a chain that is to be judged. */
  async report(chain: ChainId): Promise<LinkReport> {
    const reports = (await this.team.chains.awaiting()).filter(({ chainId }) => chainId === chain);
    const [report] = reports;
    if (report === undefined || reports.length > 1) {
      throw new Error(`${reports.length} reports of ${chain} are to be judged`);
    }
    return report;
  }

  /** Keeps an answer, rules, and carries it out. */
  async judge(report: LinkReport, decision: Decision, terms = TERMS): Promise<Chain> {
    const kept = await this.team.chains.storeAnswer(report, {
      answer: decision,
      problem: null,
      spent: COST,
      epoch: 1,
    }, LEADER);
    return await this.carryOut(report, kept.answer ?? decision, terms);
  }

  /** Carries out what was decided, without keeping it. */
  async carryOut(report: LinkReport, decision: Decision, terms = TERMS): Promise<Chain> {
    const chain = await this.team.chains.get(report.chainId);
    const judged = rule(decision, {
      chain,
      task: report.task,
      verdict: null,
      members: [WORKER.id],
    });
    if (!judged.possible) throw new Error(judged.why);
    return await this.team.chains.carryOut(report, {
      course: judged.ruling.course,
      terms,
      helpMs: HELP_MS,
    }, LEADER);
  }

  /** Works a chain to its end, every link passing. */
  async finish(chain: ChainId): Promise<Chain> {
    for (;;) {
      const after = await this.judge(await this.work(chain), answer("pass"));
      if (after.status !== "open") return after;
    }
  }

  /** The task of one link. */
  async task(chain: ChainId, link: Link): Promise<Task> {
    const { links } = await this.team.chains.get(chain);
    const found = links.find((each) => each.link === link);
    if (found === undefined) throw new Error(`${chain} has no link ${link}`);
    return await this.team.tasks.get(found.task_id);
  }

  /** The question that a chain waits for. */
  async asked(chain: ChainId): Promise<MessageId> {
    const { help } = await this.team.chains.get(chain);
    if (help === null) throw new Error(`${chain} waits for no help`);
    return help.message_id;
  }

  /** `link: status judgement` of each link of a chain. */
  async links(chain: ChainId): Promise<string[]> {
    const tasks = await this.team.chains.tasks(await this.team.chains.get(chain));
    return tasks.map(({ link, status, judgement, waiting_on }) =>
      `${link}: ${status} ${judgement}${waiting_on.length > 0 ? " waiting" : ""}`
    );
  }
}
