import { type Chain, isClosed } from "../../domain/chain.ts";
import { isSettled, type Requirement } from "../../domain/requirement.ts";
import type { Task } from "../../domain/task.ts";

/**
 * What is wrong with a chain, one sentence each, given the tasks of its links in their order (null: not
 * there): the links before the one it is at are passed, that one is to be judged and waits for no other
 * link, and each after it waits for the one before. Of a closed chain nothing is to be judged any more.
 */
export function chainProblems(chain: Chain, tasks: readonly (Task | null)[]): string[] {
  const at = chain.links.findIndex(({ link }) => link === chain.at);
  const links = chain.links.flatMap((each, index) => {
    const task = tasks[index] ?? null;
    const why = task === null
      ? isClosed(chain) ? null : "its task is missing"
      : task.link !== each.link || task.chain_id !== chain.id
      ? `${each.task_id} is not its task`
      : isClosed(chain)
      ? closedLinkProblem(chain, task)
      : openLinkProblem(chain, task, index, at);
    return why === null ? [] : [`link ${each.link}: ${why}`];
  });
  const hasHelp = chain.help !== null;
  return [
    ...at === -1 ? [`it is at ${chain.at}, which is no link of it`] : [],
    ...hasHelp === (chain.status === "waiting")
      ? []
      : [`it is ${chain.status}, help says otherwise`],
    ...links,
  ];
}

function closedLinkProblem({ status }: Chain, task: Task): string | null {
  if (task.judgement === "awaited") return `is to be judged, though the chain is ${status}`;
  if (status === "completed" && task.judgement !== "passed") return "was not passed";
  return null;
}

function openLinkProblem(chain: Chain, task: Task, index: number, at: number): string | null {
  const ids = chain.links.map(({ task_id }) => task_id);
  if (index < at) {
    return task.judgement === "passed" && task.status === "completed" ? null : "was not passed";
  }
  if (task.judgement !== "awaited") return `judgement is ${task.judgement}`;
  // Somebody withdrew it: with the next thing that is decided the chain is given up.
  if (task.status === "cancelled") return null;
  const isWaiting = task.waiting_on.some((id) => ids.includes(id));
  if (index === at) return isWaiting ? "waits for another link" : null;
  const previous = ids[index - 1];
  const isBehind = task.status === "pending" && previous !== undefined &&
    task.waiting_on.includes(previous);
  return isBehind ? null : `is ${task.status} and does not wait for the link before it`;
}

/** What is wrong with a requirement, given its chains in their order (null: not there). */
export function requirementProblems(
  requirement: Requirement,
  chains: readonly (Chain | null)[],
): string[] {
  const { status, plan } = requirement;
  const planned = plan?.chains.length ?? 0;
  const foreign = chains.flatMap((chain, index) => {
    const id = requirement.chains[index] ?? "";
    if (chain === null) return isSettled(requirement) ? [] : [`${id} is missing`];
    return chain.requirement_id === requirement.id ? [] : [`${id} is not of it`];
  });
  const known = chains.filter((chain) => chain !== null);
  const whole = known.length === chains.length;
  const why = status === "submitted"
    ? plan !== null || chains.length > 0 ? "it has a plan" : null
    : status === "planned"
    ? plan === null || chains.length >= planned ? "it has no chain left to be opened" : null
    : status === "open"
    ? chains.length !== planned
      ? "not every chain was opened"
      : whole && known.every(isClosed)
      ? "every chain is closed"
      : null
    : status === "completed"
    ? known.every((chain) => chain.status === "completed") ? null : "not every chain is completed"
    : null;
  return [...foreign, ...why === null ? [] : [`it is ${status}, but ${why}`]];
}
