import type { FleetPause } from "../coordination/fleet_pause.ts";
import type { Inbox } from "../coordination/inbox.ts";
import type { Recovery } from "../coordination/recovery.ts";
import type { TaskQueue } from "../coordination/task_queue.ts";
import type { InstanceId, TaskId } from "../domain/ids.ts";
import type { Member, MemberStatus } from "../domain/member.ts";

/** The Worker's entry in the list of members: what it shows, and its end. */
export interface Membership {
  update(change: {
    status: MemberStatus;
    current_task_id: TaskId | null;
    current_work: string | null;
  }): Promise<void>;
  leave(): Promise<void>;
}

/** The connection's session, as far as a Worker looks at it. */
export interface WorkerSession {
  /** `connected`, or why not: `connecting`, `suspended`, `expired`, `closed`. */
  readonly state: string;
  /** Calls the listener on each change; the returned function ends that. */
  onStateChange(listener: (change: { state: string; isNewSession: boolean }) => void): () => void;
}

/** The team, as far as a Worker uses it. */
export interface WorkerTeam {
  readonly tasks: Pick<
    TaskQueue,
    | "waitForWork"
    | "start"
    | "complete"
    | "block"
    | "fail"
    | "release"
    | "retry"
    | "get"
    | "heldBy"
  >;
  readonly inbox: Pick<Inbox, "follow" | "begin" | "finish" | "putBack" | "markRead" | "send">;
  readonly pause: Pick<FleetPause, "pause" | "current" | "watch">;
  readonly session: WorkerSession;
  /** Registers an attached member, which is kept up over new sessions until it leaves. */
  attach(member: Member): Promise<Membership>;
  /** The Leader that is there now, or null. */
  leader(): Promise<{ readonly id: InstanceId; readonly name: string } | null>;
  readonly recovery: Pick<Recovery, "recoverPredecessor">;
}
