import type { Team } from "../coordination/team.ts";

/** The connection's session, as far as a Worker looks at it. */
export interface WorkerSession {
  /** `connected`, or why not: `connecting`, `suspended`, `expired`, `closed`. */
  readonly state: string;
  /** Calls the listener on each change; the returned function ends that. */
  onStateChange(listener: (change: { state: string }) => void): () => void;
}

/** The team, as far as a Worker uses it; a `Team` is one. */
export interface WorkerTeam {
  readonly tasks: Pick<
    Team["tasks"],
    | "waitForWork"
    | "start"
    | "complete"
    | "block"
    | "fail"
    | "release"
    | "bill"
    | "billLate"
    | "get"
    | "list"
    | "heldBy"
  >;
  readonly inbox: Pick<
    Team["inbox"],
    "follow" | "begin" | "finish" | "putBack" | "markRead" | "send"
  >;
  readonly pause: Pick<Team["pause"], "pause" | "current" | "watch">;
  readonly members: Pick<Team["members"], "attach">;
  readonly recovery: Pick<Team["recovery"], "recoverPredecessor">;
  readonly tree: { readonly zk: WorkerSession };
  readonly leader: Team["leader"];
}
