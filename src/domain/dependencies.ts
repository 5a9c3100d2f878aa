import { OrchestratorError } from "./errors.ts";
import { TaskId } from "./ids.ts";
import { MAX_DEPENDENCIES } from "./limits.ts";
import type { NewTask } from "./task.ts";

/** What a task waits for: tasks that exist, and others of the same push by their index in it. */
export interface Dependency {
  readonly field: "depends_on" | "blocked_by";
  readonly on: { readonly id: TaskId } | { readonly index: number };
}

/**
 * What each of the specs waits for, every name resolved, each named once.
 *
 * @throws OrchestratorError INVALID_INPUT: a key used twice or shaped like an id, too many
 *   dependencies; DEPENDENCY_NOT_FOUND: neither an id nor a key of this push; DEPENDENCY_CYCLE
 */
export function resolveDependencies(specs: readonly NewTask[]): Dependency[][] {
  const indexOfKey = indexKeys(specs);
  const resolved = specs.map((spec) => resolveOne(spec, indexOfKey));
  const cycle = findCycle(
    resolved.map((dependencies) =>
      dependencies.flatMap(({ on }) => "index" in on ? [on.index] : [])
    ),
  );
  if (cycle !== null) {
    const names = cycle.map((index) => specs[index]?.key ?? `#${index}`);
    throw new OrchestratorError(
      "DEPENDENCY_CYCLE",
      `Tasks depend on each other in a circle: ${names.join(" → ")}`,
      { details: { cycle: names } },
    );
  }
  return resolved;
}

function indexKeys(specs: readonly NewTask[]): Map<string, number> {
  const indexOfKey = new Map<string, number>();
  for (const [index, { key }] of specs.entries()) {
    if (key === undefined) continue;
    const problem = indexOfKey.has(key)
      ? `Key "${key}" is used twice in one push`
      : TaskId.safeParse(key).success
      ? `Key "${key}" looks like the id of a task`
      : null;
    if (problem !== null) throw new OrchestratorError("INVALID_INPUT", problem);
    indexOfKey.set(key, index);
  }
  return indexOfKey;
}

function resolveOne(spec: NewTask, indexOfKey: ReadonlyMap<string, number>): Dependency[] {
  const named = new Map<string, Dependency>();
  for (const field of ["depends_on", "blocked_by"] as const) {
    for (const name of spec[field] ?? []) {
      const id = TaskId.safeParse(name);
      const index = indexOfKey.get(name);
      if (id.success) named.set(name, { field, on: { id: id.data } });
      else if (index !== undefined) named.set(name, { field, on: { index } });
      else throw unknownDependency(name);
    }
  }
  if (named.size > MAX_DEPENDENCIES) {
    throw new OrchestratorError(
      "INVALID_INPUT",
      `Task "${spec.title}" waits for ${named.size} tasks, at most ${MAX_DEPENDENCIES} are allowed`,
    );
  }
  return [...named.values()];
}

/** The error for a dependency that names no task. */
export function unknownDependency(name: string): OrchestratorError {
  return new OrchestratorError("DEPENDENCY_NOT_FOUND", `Dependency "${name}" does not exist`, {
    hint: "Name the id of a task, or the key of a task in the same push",
    details: { dependency: name },
  });
}

/** Indexes of a circle, the first one again at its end; null where there is none. */
export function findCycle(graph: readonly (readonly number[])[]): number[] | null {
  const state = new Uint8Array(graph.length);
  for (const start of graph.keys()) {
    if (state[start] !== 0) continue;
    // A walk with its own stack: a chain may be longer than the runtime's.
    const path: { node: number; next: number }[] = [{ node: start, next: 0 }];
    state[start] = 1;
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const target = graph[top.node]?.[top.next++];
      if (target === undefined) {
        state[top.node] = 2;
        path.pop();
      } else if (state[target] === 1) {
        const nodes = path.map(({ node }) => node);
        return [...nodes.slice(nodes.indexOf(target)), target];
      } else if (state[target] === 0) {
        state[target] = 1;
        path.push({ node: target, next: 0 });
      }
    }
  }
  return null;
}

/**
 * Indexes that belong together (they share a chain, or one waits for the other), each group ascending,
 * the groups by their first index: what is pushed in one transaction or not at all.
 */
export function groupTogether(
  specs: readonly NewTask[],
  dependencies: readonly (readonly Dependency[])[],
): number[][] {
  const parent = specs.map((_, index) => index);
  const root = (index: number): number => {
    let at = index;
    for (let up = parent[at] ?? at; up !== at; up = parent[at] ?? at) at = up;
    parent[index] = at;
    return at;
  };
  const join = (a: number, b: number) => {
    const [low, high] = [root(a), root(b)].sort((x, y) => x - y);
    if (low !== undefined && high !== undefined) parent[high] = low;
  };
  const firstOfChain = new Map<string, number>();
  for (const [index, spec] of specs.entries()) {
    for (const { on } of dependencies[index] ?? []) if ("index" in on) join(index, on.index);
    if (spec.chain_id === undefined) continue;
    const first = firstOfChain.get(spec.chain_id);
    if (first === undefined) firstOfChain.set(spec.chain_id, index);
    else join(index, first);
  }
  const groups = new Map<number, number[]>();
  for (const index of specs.keys()) {
    const members = groups.get(root(index));
    if (members === undefined) groups.set(root(index), [index]);
    else members.push(index);
  }
  return [...groups.entries()].sort(([a], [b]) => a - b).map(([, members]) => members);
}
