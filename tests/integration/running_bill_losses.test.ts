import { expect, test } from "vitest";
import type { Task } from "../../src/domain/task.ts";
import { type Begun, begun, costOf, jerry, tom, used } from "../support/billed_runs.ts";
import { type Fault, FaultyZooKeeper, type Loss } from "../support/faulty_zookeeper.ts";
import { useClient } from "../support/live.ts";
import { numbers, trySideBySide } from "../support/side_by_side.ts";
import {
  connectTo,
  holderOf,
  join,
  PERSON,
  type TaskTeam,
  taskTeam,
} from "../support/task_team.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

describeWithZooKeeper("what a run has used, over a connection that breaks,", (server) => {
  const zk = useClient(server);
  const other = useClient(server);

  /** Two runs: one that is given up by somebody else, and one that reports. */
  async function twoRuns(own: TaskTeam): Promise<Task["id"]> {
    const { id } = await own.queue.push({ title: "A task" }, PERSON);
    const first = await begun(own);
    await noteAll(own, first, 100, 200, 300);
    const recover = () => own.recovery.recoverPredecessor(tom.id, jerry);
    // Whoever finds the owner gone next does what this one could not.
    await recover().catch(recover);
    await own.queue.billLate(id, first.holder, used(320));
    const second = await begun(own);
    await noteAll(own, second, 40);
    await own.queue.complete(id, holderOf(tom, second.task), { result: "", spent: used(50) });
    await own.queue.billLate(id, second.holder, used(50));
    return id;
  }

  /** As a Worker does it: what is lost on its way is noted again. */
  async function noteAll(
    own: TaskTeam,
    { task, holder }: Begun,
    ...amounts: readonly number[]
  ): Promise<void> {
    const bill = own.queue.bill(task.id, holder);
    for (const amount of amounts) {
      await bill.note(used(amount)).catch(() => bill.note(used(amount)));
    }
  }

  async function run(fault: Fault): Promise<FaultyZooKeeper> {
    const root = await server.freshRoot();
    const witness = taskTeam(other, root);
    await join(witness, tom);
    const faulty = new FaultyZooKeeper(zk, fault);
    const id = await twoRuns(taskTeam(faulty.zk, root));
    await faulty.settle();
    expect(await costOf(witness, id), JSON.stringify(fault)).toEqual({ ...used(370), runs: 2 });
    expect(await witness.queue.audit()).toMatchObject({ findings: [], corrupt: [] });
    return faulty;
  }

  test.each<Loss>(["before", "after", "late"])(
    "is billed once, whichever reply is lost (%s it is carried out)",
    async (how) => {
      const { writes } = await run({});
      expect(writes).toBeGreaterThan(10);
      await trySideBySide(numbers(1, writes), (at) => run({ loseWrite: { at, how } }));
    },
    180_000,
  );

  test("is billed once, whichever reading is lost", async () => {
    const { reads } = await run({});
    await trySideBySide(numbers(1, reads), (loseRead) => run({ loseRead }));
  }, 180_000);

  test("is billed once, wherever its owner dies", async () => {
    const root = await server.freshRoot();
    await join(taskTeam(other, root), tom);
    const whole = new FaultyZooKeeper(zk);
    await twoRuns(taskTeam(whole.zk, root));
    const totals = new Set<number>();
    await trySideBySide(numbers(1, whole.operations - 1), async (dieAfter) => {
      totals.add(await dieAndRecover(dieAfter));
    });
    expect([...totals].sort((a, b) => a - b)).toEqual([0, 100, 200, 300, 320, 360, 370]);
  }, 180_000);

  /** The tokens billed once the work of a process that died has gone back to the queue. */
  async function dieAndRecover(dieAfter: number): Promise<number> {
    const root = await server.freshRoot();
    const victim = await connectTo(server.hosts);
    const faulty = new FaultyZooKeeper(victim, { dieAfter });
    await join(taskTeam(victim, root), tom);
    await Promise.race([twoRuns(taskTeam(faulty.zk, root)), faulty.died]);
    await victim.close();
    const heir = taskTeam(other, root);
    await heir.recovery.recoverOrphans({ graceMs: 0 });
    expect(await heir.queue.audit(), `dead after ${dieAfter}`)
      .toMatchObject({ findings: [], corrupt: [] });
    const [task] = (await heir.queue.list()).tasks;
    return task === undefined ? 0 : (await costOf(heir, task.id)).input_tokens;
  }
});
