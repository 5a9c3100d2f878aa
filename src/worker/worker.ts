import { PriceBook } from "../agent/price_book.ts";
import { terminalLine } from "../agent/terminal_text.ts";
import type { Attachment } from "../coordination/registry.ts";
import { isLoss } from "../coordination/losses.ts";
import { OrchestratorError } from "../domain/errors.ts";
import { DEFAULT_ROLE } from "../domain/member.ts";
import type { Message } from "../domain/message.ts";
import type { Task } from "../domain/task.ts";
import { onceAborted, untilAborted } from "../platform/aborted.ts";
import { sleep } from "../platform/clock.ts";
import type { WorkerContext } from "./context.ts";
import { Gate } from "./gate.ts";
import { Measures } from "./measures.ts";
import { MessageQueue } from "./message_queue.ts";
import { type MessageRunNeeds, workOnMessage } from "./message_run.ts";
import { Presence } from "./presence.ts";
import { Running } from "./running.ts";
import { SessionStore } from "./session_store.ts";
import { Tally, type WorkerSummary } from "./tally.ts";
import { type TaskRunNeeds, workOnTask } from "./task_run.ts";

/** ms that a Worker told to stop takes at most to give back what it holds. */
const STOP_MS = 15_000;
/** ms that giving back and leaving take at most, as where ZooKeeper is away. */
const GIVE_BACK_MS = 5_000;
/** ms after an error that is none of ZooKeeper's connection, before the next piece of work. */
const AFTER_ERROR_MS = 5000;

export interface WorkerOptions extends Omit<WorkerContext, "actor" | "processName"> {
  /** Aborted when the Worker is to finish what it runs, give back the rest, and leave. */
  readonly leave: AbortSignal;
}

/**
 * Joins the team as a Worker and works until it is told to leave: messages of its inbox first, then
 * tasks that it may take, as many at once as its capacity says. `leave` lets what runs come to its end;
 * `stop` ends it and gives it back. Resolves with what was done.
 *
 * @throws OrchestratorError MEMBER_EXISTS; ZooKeeperError when the connection is closed for good
 */
export async function startWorker(options: WorkerOptions): Promise<WorkerSummary> {
  const { identity } = options;
  const ousted = new AbortController();
  const context: WorkerContext = {
    ...options,
    actor: { id: identity.id, name: identity.name },
    stop: AbortSignal.any([options.stop, ousted.signal]),
    processName: options.random.id(),
    show: (line) => options.show(`[${terminalLine(identity.name, 32)}] ${line}`),
  };
  const leave = AbortSignal.any([options.leave, context.stop]);
  return await new Worker(context, leave, ousted).work();
}

class Worker {
  readonly #context: WorkerContext;
  readonly #leave: AbortSignal;
  /** Aborted when another process has taken over the id. */
  readonly #ousted: AbortController;
  readonly #gate: Gate;
  readonly #running = new Running();
  readonly #messages: MessageQueue;
  readonly #presence: Presence;
  readonly #tally = new Tally();
  readonly #needs: TaskRunNeeds & MessageRunNeeds;

  constructor(context: WorkerContext, leave: AbortSignal, ousted: AbortController) {
    this.#context = context;
    this.#leave = leave;
    this.#ousted = ousted;
    this.#gate = new Gate(context.clock, context.team.tree.zk);
    this.#messages = new MessageQueue(context.clock);
    this.#presence = new Presence();
    this.#needs = {
      context,
      gate: this.#gate,
      running: this.#running,
      sessions: new SessionStore(context.settings.cacheDir, context.workshop.files),
      prices: new PriceBook(context.settings.cacheDir, context.workshop.files),
      measures: new Measures(context, this.#gate),
      tally: this.#tally,
    };
  }

  async work(): Promise<WorkerSummary> {
    const { team, workshop, identity, show } = this.#context;
    const { isAlive } = workshop;
    const membership = await team.members.attach(identity, { isAlive, signal: this.#leave });
    this.#presence.attached(membership);
    void membership.lost.then((error) => {
      show(terminalLine(`Stopping: ${error.message}`));
      this.#ousted.abort();
    });
    const endChecks = this.#followSession();
    try {
      // Where ZooKeeper goes away now, nobody is held up who wants to leave.
      await Promise.race([this.#takeOver(), onceAborted(this.#leave)]);
      show(`${identity.role} at work in ${terminalLine(identity.workDir)}`);
      this.#leave.addEventListener("abort", () => this.#tellLeaving(), { once: true });
      await this.#workUntilTold();
    } finally {
      endChecks();
      await this.#giveBack(membership);
    }
    return this.#tally.summary();
  }

  /** Tells how the connection fares, and looks after each return what is still ours. */
  #followSession(): () => void {
    const { team, show } = this.#context;
    let isAway = false;
    return team.tree.zk.onStateChange(({ state }) => {
      if (state === "suspended") {
        show("ZooKeeper is away: what runs goes on, nothing new is begun");
        isAway = true;
      } else if (state === "expired") {
        show("The session has expired: the membership is renewed when ZooKeeper is back");
      } else if (state === "connected") {
        if (isAway) show("ZooKeeper is back");
        isAway = false;
        void this.#running.check((id) => team.tasks.get(id));
      }
    });
  }

  /** What a former process of the same instance left when it was killed: its agents, its claims. */
  async #takeOver(): Promise<void> {
    const { workshop, team, identity, actor, settings, show } = this.#context;
    const ended = await workshop.endOrphans(identity.id, settings.env);
    if (ended > 0) show(`Ended ${ended} run(s) that a former Worker of this id had left`);
    for (const task of await team.recovery.recoverPredecessor(identity.id, actor)) {
      show(`${task.id} taken back from a former Worker of this id: ${task.status}`);
    }
  }

  #tellLeaving(): void {
    const busy = this.#presence.count();
    if (busy === 0 || this.#context.stop.aborted) return;
    this.#context.show(`Leaving after ${busy} run(s) in progress; Ctrl+C again stops them`);
  }

  /** Ends when everybody has left off; an error that nothing can be done about ends it too. */
  async #workUntilTold(): Promise<void> {
    const { identity, stop, clock } = this.#context;
    const failed = new AbortController();
    const leave = AbortSignal.any([this.#leave, failed.signal]);
    const hands = Array.from({ length: identity.capacity }, () => this.#hand(leave));
    const all = Promise.all([this.#followInbox(leave), ...hands]).catch((error: unknown) => {
      failed.abort();
      throw error;
    });
    const late = new AbortController();
    const tooLate = onceAborted(stop).then(() => sleep(clock, STOP_MS, late.signal));
    await Promise.race([all, tooLate.catch(() => all)]);
    late.abort();
  }

  async #followInbox(leave: AbortSignal): Promise<void> {
    const { team, identity } = this.#context;
    while (!leave.aborted) {
      await this.#tolerate(leave, () => this.#messages.follow(team.inbox, identity.id, leave));
    }
  }

  /** One run after the other. */
  async #hand(leave: AbortSignal): Promise<void> {
    while (!leave.aborted) {
      await this.#tolerate(leave, async () => {
        await this.#gate.open(leave);
        if (await this.#waitOutPause(leave)) return;
        const message = this.#messages.take();
        if (message !== undefined) return await this.#runMessage(message);
        const task = await this.#nextTask(leave);
        if (task !== null) await this.#runTask(task, leave);
      });
    }
  }

  /** Waits for the end of a pause of the team; false where there is none. */
  async #waitOutPause(leave: AbortSignal): Promise<boolean> {
    const { pause } = this.#context.team;
    if (await pause.current() === null) return false;
    const signal = AbortSignal.any([leave, this.#gate.shut]);
    for await (const standing of pause.watch(signal)) if (standing === null) break;
    return true;
  }

  /** A claimed task; null as soon as a message arrives or nothing new may be started. */
  async #nextTask(leave: AbortSignal): Promise<Task | null> {
    const { team, identity } = this.#context;
    const { id, name, role } = identity;
    const roleFilter = role !== DEFAULT_ROLE;
    const enough = new AbortController();
    const signal = AbortSignal.any([leave, this.#gate.shut, enough.signal]);
    const claimed = team.tasks.waitForWork({ id, name, role }, { roleFilter }, signal).catch(
      (error: unknown) => {
        if (signal.aborted) return null;
        throw error;
      },
    );
    const arrived = this.#messages.arrival(signal).then(() => enough.abort());
    try {
      return await claimed;
    } finally {
      enough.abort();
      await arrived;
    }
  }

  async #runTask(task: Task, leave: AbortSignal): Promise<void> {
    const { team, actor } = this.#context;
    const token = task.claim?.token;
    try {
      await this.#gate.open(leave);
      await this.#presence.during(task.id, task.title, () => workOnTask(this.#needs, task));
    } catch (error) {
      const reason = leave.aborted ? "The Worker leaves" : "The Worker met an error";
      await team.tasks.release(task.id, { by: actor, token }, reason).catch(() => {});
      throw error;
    }
  }

  async #runMessage(message: Message): Promise<void> {
    const { settings } = this.#context;
    const work = () => workOnMessage(this.#needs, message);
    const end = await this.#presence.during(null, `message ${message.id}`, work);
    if (end === "again") this.#messages.putBack(message, settings.waits.retry.firstMs);
  }

  /** Nothing that goes wrong with one piece of work ends the Worker, but a closed connection does. */
  async #tolerate(leave: AbortSignal, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (leave.aborted) return;
      if (this.#context.team.tree.zk.state === "closed") throw error;
      if (!isLoss(error)) this.#context.show(terminalLine(`Error: ${error}`));
      await sleep(this.#context.clock, AFTER_ERROR_MS, leave).catch(() => {});
    }
  }

  /** Leaves with nothing held. What cannot be given back is, by the Leader, when the session has expired. */
  async #giveBack(membership: Attachment): Promise<void> {
    const { clock, show } = this.#context;
    // What is held under the id is then the other process's.
    if (this.#ousted.signal.aborted) return;
    const late = new AbortController();
    const tooLate = new OrchestratorError("TIMED_OUT", "ZooKeeper does not answer");
    const timer = clock.timer(GIVE_BACK_MS, () => late.abort(tooLate));
    await untilAborted(this.#leaveTeam(membership), late.signal).catch((error: unknown) => {
      show(terminalLine(`Left without giving everything back: ${error}`));
    });
    timer.cancel();
  }

  /** Gives back what is still held (also what agents claimed by themselves). */
  async #leaveTeam(membership: Attachment): Promise<void> {
    const { team, identity, actor, show } = this.#context;
    for (const task of await team.tasks.heldBy(identity.id)) {
      await team.tasks.release(task.id, { by: actor }, "The Worker leaves");
      show(`${task.id} given back`);
    }
    await membership.leave();
  }
}
