import { type Chain, isClosed } from "../../domain/chain.ts";
import { DecisionRecord } from "../../domain/decision.ts";
import { ChainId, reportIdOf, RequirementId } from "../../domain/ids.ts";
import { isHandedIn } from "../../domain/standing.ts";
import type { Task } from "../../domain/task.ts";
import type { Problem, TaskStore } from "../tasks/store.ts";
import { chainProblems, requirementProblems } from "./audit_rules.ts";
import { CHAINS, entryPath, readRecord, recordPath, REQUIREMENTS, type Shelf } from "./records.ts";

/** What was found wrong with the chains and requirements in the tree. */
export interface ChainAudit {
  readonly chains: number;
  readonly requirements: number;
  /** Broken promises: entries that do not fit, links that do not agree with their chain. */
  readonly findings: Problem[];
  /** Records that do not parse. */
  readonly corrupt: Problem[];
}

/**
 * Compares chains and requirements with their index, with each other, and with the tasks of their links.
 * A record that changes while it is looked at is looked at again.
 */
export async function auditChains(store: TaskStore): Promise<ChainAudit> {
  const audit: ChainAudit = { chains: 0, requirements: 0, findings: [], corrupt: [] };
  await store.tree.sync();
  const chains = await idsIn(store, CHAINS, (name) => ChainId.safeParse(name).success, audit);
  const requirements = await idsIn(
    store,
    REQUIREMENTS,
    (name) => RequirementId.safeParse(name).success,
    audit,
  );
  for (const id of chains) await look(store, CHAINS, id, audit, (chain) => askChain(store, chain));
  for (const id of requirements) {
    await look(store, REQUIREMENTS, id, audit, async (requirement) => {
      const reads = await Promise.all(
        requirement.chains.map((chain) => readRecord(store.tree, CHAINS, chain)),
      );
      const found = reads.map((read) => read.kind === "found" ? read.value : null);
      return requirementProblems(requirement, found);
    });
  }
  audit.findings.push(...await strayDecisions(store));
  return { ...audit, chains: chains.length, requirements: requirements.length };
}

/** Ids of the records, and of entries; names that are none are findings. */
async function idsIn<T>(
  store: TaskStore,
  shelf: Shelf<T>,
  isId: (name: string) => boolean,
  audit: ChainAudit,
): Promise<string[]> {
  const { tree } = store;
  const closed = tree.path(shelf.directory, "closed");
  const days = (await tree.children(closed)).map((day) => `${closed}/${day}`);
  const directories = [
    tree.path(shelf.directory, "records"),
    tree.path(shelf.directory, "open"),
    ...days,
  ];
  const ids = new Set<string>();
  for (const directory of directories) {
    for (const name of await tree.children(directory)) {
      if (isId(name)) ids.add(name);
      else audit.findings.push({ path: `${directory}/${name}`, problem: "foreign name" });
    }
  }
  return [...ids].sort();
}

/** What is wrong with one record, in one state of it from the first to the last look. */
async function look<T extends { readonly id: ChainId | RequirementId }>(
  store: TaskStore,
  shelf: Shelf<T>,
  id: string,
  audit: ChainAudit,
  ask: (value: T) => Promise<readonly string[]>,
): Promise<void> {
  const path = recordPath(store.tree, shelf, id);
  for (;;) {
    await store.tree.sync();
    const before = await readRecord(store.tree, shelf, id);
    if (before.kind === "corrupt") return void audit.corrupt.push(before);
    const places = await entriesOf(store, shelf, id);
    const problems = before.kind === "missing" ? [] : await ask(before.value);
    const after = await store.tree.zk.exists(path);
    const version = before.kind === "missing" ? undefined : before.stat.version;
    if (after?.version !== version) continue;
    const expected = before.kind === "missing" ? [] : [entryPath(store.tree, shelf, before.value)];
    audit.findings.push(
      ...expected.filter((place) => !places.includes(place))
        .map((place) => ({ path: place, problem: "entry is missing" })),
      ...places.filter((place) => !expected.includes(place)).map((place) => ({
        path: place,
        problem: before.kind === "missing" ? "entry without a record" : "extra entry",
      })),
      ...problems.map((problem) => ({ path, problem })),
    );
    return;
  }
}

/** Every entry that there is of a record. */
async function entriesOf<T>(store: TaskStore, shelf: Shelf<T>, id: string): Promise<string[]> {
  const { tree } = store;
  const closed = tree.path(shelf.directory, "closed");
  const days = await tree.children(closed);
  const paths = [
    tree.path(shelf.directory, "open", id),
    ...days.map((day) => `${closed}/${day}/${id}`),
  ];
  const stats = await Promise.all(paths.map((path) => tree.zk.exists(path)));
  return paths.filter((_, index) => stats[index] !== null);
}

/** What is wrong with a chain, its links, and what was decided of the link that it is at. */
async function askChain(store: TaskStore, chain: Chain): Promise<readonly string[]> {
  const reads = await Promise.all(chain.links.map(({ task_id }) => store.read(task_id)));
  const tasks = reads.map((read) => read.kind === "found" ? read.value : null);
  const requirement = chain.requirement_id === null
    ? null
    : await readRecord(store.tree, REQUIREMENTS, chain.requirement_id);
  const isNamed = requirement === null || isClosed(chain) ||
    requirement.kind === "found" && requirement.value.chains.includes(chain.id);
  return [
    ...chainProblems(chain, tasks),
    ...isNamed ? [] : [`${chain.requirement_id} does not name it`],
    ...await askDecision(store, chain, tasks),
  ];
}

/** A report that was decided must not lie there still, unless an answer is waited for. */
async function askDecision(
  store: TaskStore,
  chain: Chain,
  tasks: readonly (Task | null)[],
): Promise<string[]> {
  const at = tasks.find((task) => task?.link === chain.at);
  if (chain.status !== "open" || at === undefined || at === null || !isHandedIn(at)) return [];
  const report = reportIdOf(at.id, at.reports);
  const path = store.tree.path("chains", "decisions", chain.id, report);
  const decision = await store.tree.read(path, DecisionRecord);
  if (decision.kind === "corrupt") return [`decision ${report}: ${decision.problem}`];
  const isDone = decision.kind === "found" && decision.value.status === "done";
  return isDone ? [`${report} was decided, and nothing came of it`] : [];
}

/** Decisions of chains that are not there. */
async function strayDecisions(store: TaskStore): Promise<Problem[]> {
  const directory = store.tree.path("chains", "decisions");
  const names = await store.tree.children(directory);
  const stats = await Promise.all(
    names.map((name) => store.tree.zk.exists(recordPath(store.tree, CHAINS, name))),
  );
  return names.filter((_, index) => stats[index] === null)
    .map((name) => ({ path: `${directory}/${name}`, problem: "decisions without a chain" }));
}
