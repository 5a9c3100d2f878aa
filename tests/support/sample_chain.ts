import { Chain } from "../../src/domain/chain.ts";
import { idOf, InstanceId } from "../../src/domain/ids.ts";
import { makeTask } from "../../src/domain/new_task.ts";
import { pass } from "../../src/domain/judging.ts";
import type { Act } from "../../src/domain/step.ts";
import type { Link, Task } from "../../src/domain/task.ts";
import { block, claim, complete } from "../../src/domain/transitions.ts";

const tom = { id: InstanceId.parse("tom"), name: "Tom" };
const ORDER: readonly Link[] = ["plan", "build", "verify", "review", "accept"];

/** An act of a Leader at a second of one day. */
export function leaderAct(second = 30): Act {
  const now = new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
  return { by: { id: InstanceId.parse("leader"), name: "Leader" }, now, nonce: `nonce ${second}` };
}

/** A link that waits for the one before it. */
function linkTask(link: Link): Task {
  const index = ORDER.indexOf(link);
  const previous = index === 0 ? [] : [idOf("task", index)];
  const spec = { title: `The ${link}`, link, chain_id: idOf("chain", 1) };
  const waits = { depends_on: previous, blocked_by: [], waiting_on: previous };
  return { ...makeTask(spec, idOf("task", index + 1), waits, leaderAct(0)), judgement: "awaited" };
}

/** A link that nothing stands before any more. */
export function ready(task: Task): Task {
  return { ...task, waiting_on: [] };
}

/** A link that Tom has in hand. */
export function held(task: Task): Task {
  return claim(ready(task), tom, { ...leaderAct(1), by: tom }, 0).task;
}

/** A link that Tom handed in as completed. */
export function handedIn(task: Task, result = `result of ${task.link}`): Task {
  return complete(held(task), { by: tom }, { result }, { ...leaderAct(2), by: tom }).task;
}

/** A link that Tom handed in as blocked. */
export function blocked(task: Task, reason = "Which port?"): Task {
  return block(held(task), { by: tom }, reason, { ...leaderAct(2), by: tom }).task;
}

/** A link that was passed. */
export function passed(task: Task): Task {
  return pass(handedIn(task), leaderAct(3), "good").task;
}

/** A chain of five links at one of them, which is handed in, and its tasks in their order. */
export function chainAt(
  at: Link,
  more: Partial<Chain> = {},
): { readonly chain: Chain; readonly tasks: Task[]; readonly judged: Task } {
  const index = ORDER.indexOf(at);
  const tasks = ORDER.map(linkTask).map((task, place) =>
    place < index ? passed(task) : place === index ? handedIn(task) : task
  );
  const chain = Chain.parse({
    v: 1,
    id: idOf("chain", 1),
    title: "A chain",
    status: "open",
    links: tasks.map(({ id, link }) => ({ link, task_id: id })),
    at,
    created_at: leaderAct(0).now,
    updated_at: leaderAct(0).now,
    ...more,
  });
  const judged = tasks[index];
  if (judged === undefined) throw new Error(`No link ${at}`);
  return { chain, tasks, judged };
}
