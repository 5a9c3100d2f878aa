import type { Chain } from "../../domain/chain.ts";
import { eventOf } from "../../domain/chain_change.ts";
import { type ChainPlan, linksOf, pushOrder } from "../../domain/decomposition.ts";
import { OrchestratorError } from "../../domain/errors.ts";
import type { NewEvent } from "../../domain/event.ts";
import { type ChainId, idOf, type TaskId } from "../../domain/ids.ts";
import type { Terms } from "../../domain/judging.ts";
import { MAX_PAYLOAD_BYTES } from "../../domain/limits.ts";
import { makeTask } from "../../domain/new_task.ts";
import type { Requirement } from "../../domain/requirement.ts";
import { isMet } from "../../domain/standing.ts";
import type { Act } from "../../domain/step.ts";
import type { Link, Task } from "../../domain/task.ts";
import type { Op } from "../../zookeeper/zookeeper.ts";
import { readSerials, takeSerials } from "../serial_counter.ts";
import { bytesOf } from "../tasks/batch.ts";
import { readExisting, unmetChecks } from "../tasks/push.ts";
import { createOps } from "../tasks/push_plan.ts";
import type { Found, TaskStore } from "../tasks/store.ts";
import {
  CHAINS,
  changeRecord,
  createRecord,
  type FoundRecord,
  REQUIREMENTS,
  requireRecord,
} from "./records.ts";

/** A chain's first link, which may begin as soon as the chain is there. */
export interface FirstLink {
  /** The chain that is opened. */
  readonly chain: ChainId;
  /** The task that the link becomes. */
  readonly task: TaskId;
  /** `plan`, or `build` where nothing is planned. */
  readonly link: Link;
  /** Whether other chains have to be done before. */
  readonly waits: boolean;
}

/** Gives the terms of a first link; may refuse by throwing. */
export type FirstTerms = (first: FirstLink) => Promise<Terms>;

/** The transaction that opens the next chain of a requirement. */
export interface OpeningPlan {
  readonly ops: readonly Op[];
  readonly events: readonly NewEvent[];
  readonly requirement: Requirement;
}

/**
 * Opens the next chain of a requirement that was planned: its tasks, its record, and the requirement
 * that names it, in one transaction; null where there is no further one.
 *
 * @throws OrchestratorError DEPENDENCY_FAILED where a chain that it waits for has failed; TOO_LARGE; what
 *   `firstTerms` throws
 */
export async function planOpening(
  store: TaskStore,
  found: FoundRecord<Requirement>,
  firstTerms: FirstTerms,
  act: Act,
): Promise<OpeningPlan | null> {
  const requirement = found.value;
  const at = requirement.plan === null
    ? undefined
    : pushOrder(requirement.plan)[requirement.chains.length];
  const plan = at === undefined ? undefined : requirement.plan?.chains[at];
  if (plan === undefined) return null;
  const { tree } = store;
  const [chainSerials, taskSerials, waitFor] = await Promise.all([
    readSerials(tree, "chains"),
    readSerials(tree, "tasks"),
    lastLinks(store, requirement, plan),
  ]);
  const chainId = idOf("chain", chainSerials.next);
  const first = idOf("task", taskSerials.next);
  const [link] = linksOf(plan);
  const waits = [...waitFor.values()].some(({ task }) => !isMet(task));
  const terms = await firstTerms({
    chain: chainId,
    task: first,
    link: link?.link ?? "build",
    waits,
  });
  const tasks = tasksOf(plan, { chainId, first: taskSerials.next, waitFor, terms, act });
  const chain = chainOf(requirement, plan, chainId, tasks, act);
  const after = withChain(requirement, chainId, act);
  const ops: Op[] = [
    takeSerials(chainSerials, 1),
    takeSerials(taskSerials, tasks.length),
    ...unmetChecks(store, waitFor),
    ...createRecord(tree, CHAINS, chain),
    ...tasks.flatMap((task) => createOps(store, task)),
    ...changeRecord(tree, REQUIREMENTS, found, after),
  ];
  requireFitting(ops, plan);
  return { ops, events: eventsOf(chain, tasks, act), requirement: after };
}

/** The last tasks of the chains that a chain comes after. */
async function lastLinks(
  store: TaskStore,
  requirement: Requirement,
  { after }: ChainPlan,
): Promise<Map<TaskId, Found>> {
  if (requirement.plan === null || after.length === 0) return new Map();
  const order = pushOrder(requirement.plan);
  const chains = after.flatMap((number) => requirement.chains[order.indexOf(number - 1)] ?? []);
  const last = await Promise.all(chains.map(async (id) => {
    const { value } = await requireRecord(store.tree, CHAINS, id);
    return value.links.at(-1)?.task_id;
  }));
  const dependencies = last.flatMap((id) =>
    id === undefined ? [] : [{ field: "blocked_by" as const, on: { id } }]
  );
  return await readExisting(store, [{ dependencies }]);
}

function tasksOf(
  plan: ChainPlan,
  needs: {
    readonly chainId: ChainId;
    readonly first: number;
    readonly waitFor: ReadonlyMap<TaskId, Found>;
    readonly terms: Terms;
    readonly act: Act;
  },
): Task[] {
  const { chainId, first, waitFor, act } = needs;
  const unmet = [...waitFor].flatMap(([id, { task }]) => isMet(task) ? [] : [id]);
  return linksOf(plan).map((link, index) => {
    const isFirst = index === 0;
    const previous = isFirst ? [] : [idOf("task", first + index - 1)];
    const spec = {
      title: link.title,
      description: link.description,
      criteria: link.criteria,
      link: link.link,
      chain_id: chainId,
      priority: plan.priority,
    };
    const task = makeTask(spec, idOf("task", first + index), {
      depends_on: previous,
      blocked_by: isFirst ? [...waitFor.keys()] : [],
      waiting_on: isFirst ? unmet : previous,
    }, act);
    const terms = isFirst ? needs.terms : null;
    return {
      ...task,
      judgement: "awaited" as const,
      role: terms?.role ?? null,
      assigned_to: terms?.assignee?.id ?? null,
      assigned_to_name: terms?.assignee?.name ?? null,
      budget_usd: terms?.budget_usd ?? null,
      budget_tokens: terms?.budget_tokens ?? null,
    };
  });
}

function chainOf(
  requirement: Requirement,
  plan: ChainPlan,
  id: ChainId,
  tasks: readonly Task[],
  act: Act,
): Chain {
  const links = tasks.flatMap((task) =>
    task.link === null ? [] : [{ link: task.link, task_id: task.id }]
  );
  return CHAINS.schema.parse({
    v: 1,
    id,
    requirement_id: requirement.id,
    title: plan.title,
    priority: plan.priority,
    status: "open",
    links,
    at: links[0]?.link,
    max_rounds: requirement.max_rounds,
    budget_usd: requirement.budget_usd,
    budget_tokens: requirement.budget_tokens,
    created_at: act.now,
    updated_at: act.now,
    nonce: act.nonce,
  });
}

function withChain(requirement: Requirement, chain: ChainId, act: Act): Requirement {
  const chains = [...requirement.chains, chain];
  const isLast = chains.length === requirement.plan?.chains.length;
  const status = isLast ? "open" as const : requirement.status;
  return { ...requirement, status, chains, updated_at: act.now };
}

function requireFitting(ops: readonly Op[], plan: ChainPlan): void {
  const bytes = bytesOf(ops);
  if (bytes <= MAX_PAYLOAD_BYTES) return;
  throw new OrchestratorError(
    "TOO_LARGE",
    `Chain "${plan.title}" is too large for one transaction: ${bytes} bytes, at most ${MAX_PAYLOAD_BYTES} are allowed`,
    { details: { bytes, limit: MAX_PAYLOAD_BYTES } },
  );
}

function eventsOf(chain: Chain, tasks: readonly Task[], act: Act): NewEvent[] {
  const pushed: NewEvent = {
    type: "tasks_pushed",
    by: act.by.id,
    by_name: act.by.name,
    task_ids: tasks.map(({ id }) => id),
    chain_id: chain.id,
    requirement_id: chain.requirement_id,
    to: "pending",
    title: tasks[0]?.title ?? null,
  };
  const opened = eventOf(chain, "chain_opened", act, null);
  return [
    { ...opened, data: { ...opened.data, max_rounds: chain.max_rounds, tasks: chain.links } },
    pushed,
  ];
}
