import { expect, test } from "vitest";
import type { Claimer } from "../../src/coordination/task_queue.ts";
import type { TaskId } from "../../src/domain/ids.ts";
import type { Task } from "../../src/domain/task.ts";
import { type Fault, FaultyZooKeeper, type Loss } from "../support/faulty_zookeeper.ts";
import {
  claimer,
  connectTo,
  holderOf,
  join,
  PERSON,
  type TaskTeam,
  taskTeam,
} from "../support/task_team.ts";
import { useClient } from "../support/live.ts";
import { numbers, trySideBySide } from "../support/side_by_side.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const worker = claimer("w1");

/** One life of each kind of step, on a queue of its own. Returns the ids in the order of pushing. */
async function everyStep({ queue }: TaskTeam): Promise<TaskId[]> {
  const [first, , third] = await queue.pushMany([
    { title: "a", key: "a", chain_id: undefined },
    { title: "b", depends_on: ["a"] },
    { title: "c", priority: 3 },
  ], PERSON);
  const one = await claimed(queue.claim(worker), first?.id);
  await queue.start(one.id, holderOf(worker, one));
  await queue.complete(one.id, holderOf(worker, one), { result: "done" });
  const two = await claimed(queue.claim(worker));
  await queue.block(two.id, holderOf(worker, two), "waits for somebody");
  await queue.unblock(two.id, PERSON);
  const again = await claimed(queue.claim(worker, { taskId: two.id }), two.id);
  await queue.fail(again.id, holderOf(worker, again), "does not work");
  const later = await queue.push({ title: "d", depends_on: [two.id], priority: 0 }, PERSON);
  await queue.retry(two.id, PERSON);
  const last = await claimed(queue.claim(worker), two.id);
  await queue.release(last.id, holderOf(worker, last));
  await queue.cancel(two.id, PERSON, "not needed");
  const rest = await claimed(queue.claim(worker), third?.id);
  await queue.complete(rest.id, holderOf(worker, rest), { result: "done too" });
  return [one.id, two.id, rest.id, later.id];
}

async function finishAll({ queue }: TaskTeam, who: Claimer): Promise<void> {
  for (let task = await queue.claim(who); task !== null; task = await queue.claim(who)) {
    await queue.complete(task.id, holderOf(who, task), { result: "by the heir" });
  }
}

async function claimed(claim: Promise<Task | null>, id?: TaskId): Promise<Task> {
  const task = await claim;
  if (task === null) throw new Error("Nothing to claim");
  if (id !== undefined) expect(task.id).toBe(id);
  return task;
}

describeWithZooKeeper("a task queue whose connection breaks", (server) => {
  const zk = useClient(server);
  const other = useClient(server);

  async function run(fault: Fault): Promise<{ faulty: FaultyZooKeeper; witness: TaskTeam }> {
    const root = await server.freshRoot();
    const witness = taskTeam(other, root);
    await join(witness, worker);
    const faulty = new FaultyZooKeeper(zk, fault);
    const ids = await everyStep(taskTeam(faulty.zk, root));
    await faulty.settle();
    const tasks = (await witness.queue.list()).tasks;
    expect(tasks.map(({ title, status }) => `${title} ${status}`)).toEqual([
      "a completed",
      "b cancelled",
      "c completed",
      "d blocked",
    ]);
    expect(new Set(tasks.map((task) => task.id))).toEqual(new Set(ids));
    expect(await witness.queue.audit()).toMatchObject({ findings: [], corrupt: [] });
    const steps = tasks.flatMap(({ history }) =>
      history.map(({ nonce, action }) => nonce + action)
    );
    const told = (await witness.journal.read()).filter(({ type }) => type !== "tasks_pushed");
    const pushes = steps.filter((step) => step.endsWith("push")).length;
    expect(told.length, "one journal entry a step").toBe(steps.length - pushes);
    expect(new Set(steps.filter((step) => !step.endsWith("push"))).size).toBe(told.length);
    return { faulty, witness };
  }

  test.each<Loss>(["before", "after", "late"])(
    "loses and doubles nothing, whichever reply is lost (%s it is carried out)",
    async (how) => {
      const { faulty: { writes } } = await run({});
      expect(writes).toBeGreaterThan(15);
      await trySideBySide(numbers(1, writes), (at) => run({ loseWrite: { at, how } }));
    },
    180_000,
  );

  test("goes on, whichever reading is lost", async () => {
    const { faulty: { reads } } = await run({});
    expect(reads).toBeGreaterThan(100);
    await trySideBySide(numbers(1, reads), (loseRead) => run({ loseRead }));
  }, 180_000);

  test("loses and doubles nothing, whatever operation its process dies after", async () => {
    const root = await server.freshRoot();
    await join(taskTeam(other, root), worker);
    const whole = new FaultyZooKeeper(zk);
    await everyStep(taskTeam(whole.zk, root));
    await trySideBySide(numbers(1, whole.operations - 1), dieAndGoOn);
  }, 180_000);

  /** The process dies; its session with it; somebody else does what there is to do. */
  async function dieAndGoOn(dieAfter: number): Promise<void> {
    const root = await server.freshRoot();
    const victim = await connectTo(server.hosts);
    const faulty = new FaultyZooKeeper(victim, { dieAfter });
    await join(taskTeam(victim, root), worker);
    await Promise.race([everyStep(taskTeam(faulty.zk, root)), faulty.died]);
    await victim.close();

    const heir = taskTeam(other, root);
    const who = claimer("heir");
    await join(heir, who);
    await heir.recovery.recoverOrphans({ graceMs: 0 });
    await finishAll(heir, who);
    for (const { id } of (await heir.queue.list({ status: ["blocked", "failed"] })).tasks) {
      await heir.queue.retry(id, PERSON, { reset: true }).catch(() =>
        heir.queue.cancel(id, PERSON)
      );
    }
    await finishAll(heir, who);
    const { tasks } = await heir.queue.list();
    const counts = await heir.queue.counts();
    const message = `dead after ${dieAfter}`;
    expect(counts.pending + counts.claimed + counts.in_progress, message).toBe(0);
    expect(tasks.length === 0 || tasks.length >= 3, message).toBe(true);
    expect(Object.values(counts).reduce((sum, count) => sum + count), message).toBe(tasks.length);
    expect(await heir.queue.audit(), message).toMatchObject({ findings: [], corrupt: [] });
    const ends = (await heir.journal.read()).filter(({ type }) => type === "task_completed");
    expect(new Set(ends.map((event) => event.task_id)).size, message).toBe(ends.length);
  }
});
