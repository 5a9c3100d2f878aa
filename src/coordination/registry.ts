import { OrchestratorError } from "../domain/errors.ts";
import type { NewEvent } from "../domain/event.ts";
import type { InstanceId, TaskId } from "../domain/ids.ts";
import { DEFAULT_LEASE_MS } from "../domain/limits.ts";
import type { Actor, Member, MemberStatus } from "../domain/member.ts";
import type { Role } from "../domain/task.ts";
import type { Op } from "../zookeeper/zookeeper.ts";
import { Attachment, type AttachOptions } from "./attachment.ts";
import { commitUntilDone, type Ground, type Plan, type Settled } from "./commit_once.ts";
import { inboxOps, leavingOwner } from "./inbox_owner.ts";
import type { Ledger } from "./ledger.ts";
import { type KnownMember, listed, type ListedMember } from "./liveness.ts";
import { type MemberChange, MemberDirectory } from "./member_directory.ts";
import { memberExists, type MemberNode, memberPath, readMember, standing } from "./member_node.ts";
import { encodePayload } from "./payload.ts";
import type { ServerTime } from "./server_time.ts";

export type { Attachment, AttachOptions, MemberUpdate } from "./attachment.ts";
export type { KnownMember, ListedMember, Liveness } from "./liveness.ts";
export type { MemberChange } from "./member_directory.ts";

/** Who registers. */
export interface MemberProfile {
  /** What the inbox and the claims belong to: the same id later is the same member. */
  readonly id: InstanceId;
  /** What people call it, 1 to 128 characters; need not be unique. */
  readonly name: string;
  /**
   * Which tasks it takes: those for this role and for nobody in particular; `general` takes any.
   */
  readonly role: Role;
  /** Directory that it works in; shown to others. Default: null, none. */
  readonly workDir?: string | null;
  /** Has to differ between machines: pids are compared where it is the same. */
  readonly host?: string;
  /** Id of its process on that host, to tell one that has died; null or none: unknown. */
  readonly pid?: number | null;
  /** Version of its program; shown to others. Default: "". */
  readonly version?: string;
  /** Tasks that it works on at once; shown to others, never enforced. Default: 1. */
  readonly capacity?: number;
}

/** What a member says of itself; what is left out stays as it is. */
export interface Heartbeat {
  /** Whether it works on something. */
  readonly status?: MemberStatus;
  /** The task that it works on; null: none. */
  readonly currentTaskId?: TaskId | null;
  /** What it does where that is no task, in its own words; null: nothing. */
  readonly currentWork?: string | null;
}

/** What a member says of itself, by what its node says so far; it may be asked more than once. */
export type DecideHeartbeat = (member: Member) => Heartbeat | Promise<Heartbeat>;

/** Whether a process with this id runs on this host. */
export type IsAlive = (pid: number) => boolean;

export interface RegistryNeeds extends Ground {
  /** For what a process says of itself, whether it leads or not: never fenced. */
  readonly ownLedger: Ledger;
  readonly serverTime: ServerTime;
  /** Gives back what a member has claimed. */
  readonly releaseClaims: (member: Actor & { readonly id: InstanceId }) => Promise<void>;
}

/**
 * Who is on the team. A member is attached (a process that stays: its node is ephemeral and goes with
 * its session) or leased (somebody who makes one command now and then: each renews the lease).
 * A lease ends by the server's clock; its node stays, and counts as expired.
 */
export class Registry {
  readonly #needs: RegistryNeeds;
  readonly #directory: MemberDirectory;

  /** Made by `openTeam`. */
  constructor(needs: RegistryNeeds) {
    this.#needs = needs;
    this.#directory = new MemberDirectory(needs);
  }

  /**
   * Attaches this process. A predecessor that died on this host, and a lease of the same id, are
   * replaced at once; any other session under the id is waited for as long as it may take to expire.
   *
   * @throws OrchestratorError MEMBER_EXISTS with who and where; CORRUPT_DATA; ZooKeeperError
   */
  async attach(profile: MemberProfile, options: AttachOptions = {}): Promise<Attachment> {
    const member = this.#memberOf(profile, null);
    const { ownLedger: ledger, releaseClaims } = this.#needs;
    return await Attachment.open({ ...this.#needs, ledger }, member, options, releaseClaims);
  }

  /**
   * Registers somebody for `leaseMs` from the last command on. Registering again renews the lease, and
   * changes name and role.
   *
   * @throws OrchestratorError MEMBER_EXISTS where a process is attached under the id; CORRUPT_DATA;
   *   ZooKeeperError
   */
  async register(
    profile: MemberProfile & { readonly leaseMs?: number },
    isAlive: IsAlive = () => true,
  ): Promise<ListedMember> {
    const fresh = this.#memberOf(profile, profile.leaseMs ?? DEFAULT_LEASE_MS);
    const path = memberPath(this.#needs.tree, profile.id);
    const decide = async (): Promise<Plan<void>> => {
      const [node, inbox] = await Promise.all([
        readMember(this.#needs.tree, profile.id),
        inboxOps(this.#needs.tree, fresh),
      ]);
      const result = () => undefined;
      if (node?.member.kind === "leased") {
        const { version } = node.stat;
        const data = encodePayload(reregistered(node.member, fresh));
        return { ops: [{ type: "set", path, data, version }, ...inbox], event: null, result };
      }
      const replaced = node === null ? [] : [this.#replace(node, fresh, isAlive)];
      const create: Op = { type: "create", path, data: encodePayload(fresh) };
      return {
        ops: [...replaced, create, ...inbox],
        event: eventOf("member_joined", fresh),
        result,
      };
    };
    await commitUntilDone(this.#needs, decide, () => Promise.resolve(null));
    const node = await readMember(this.#needs.tree, profile.id);
    if (node === null) throw notFound(profile.id);
    return listed(node, node.stat.mtime);
  }

  /**
   * Renews a lease; an attached member needs none and is only read. `decide` is given the member as it
   * was read, and may wait before it says what goes into the same write. null where nobody is
   * registered under the id. Throws what `decide` throws; CORRUPT_DATA; ZooKeeperError.
   */
  renew(id: InstanceId, decide: DecideHeartbeat = () => ({})): Promise<ListedMember | null> {
    return this.#write(id, decide);
  }

  /** Renews a lease and says what its member does. Throws MEMBER_NOT_FOUND; as `renew`. */
  async heartbeat(id: InstanceId, beat: Heartbeat = {}): Promise<ListedMember> {
    const member = await this.#write(id, () => beat);
    if (member === null) throw notFound(id);
    return member;
  }

  /**
   * Gives back what a member has claimed, and takes it off the list; its inbox stays. False where it
   * was not on the list.
   *
   * @throws OrchestratorError MEMBER_EXISTS where a process that is alive is attached under the id,
   *   which is to leave by itself; CORRUPT_DATA; ZooKeeperError
   */
  async unregister(
    id: InstanceId,
    options: { host?: string; isAlive?: IsAlive } = {},
  ): Promise<boolean> {
    const { host = "", isAlive = () => true } = options;
    const refuseAttached = (node: MemberNode) => {
      const kind = standing(node, { host, pid: null, nonce: "", sessionId: "0" }, isAlive);
      if (kind !== "replaceable") throw memberExists(node.member, kind, "unregister");
    };
    const before = await readMember(this.#needs.tree, id);
    if (before !== null) refuseAttached(before);
    await this.#needs.releaseClaims({ id, name: before?.member.name ?? id });
    const decide = async (): Promise<Plan<boolean> | Settled<boolean>> => {
      const [node, leaving] = await Promise.all([
        readMember(this.#needs.tree, id),
        leavingOwner(this.#needs.tree, id),
      ]);
      if (node === null) return { settled: before !== null };
      refuseAttached(node);
      const path = memberPath(this.#needs.tree, id);
      const told = leaving === null ? [] : [leaving.op];
      return {
        ops: [{ type: "delete", path, version: node.stat.version }, ...told],
        event: eventOf("member_left", node.member),
        result: () => true,
      };
    };
    return await commitUntilDone(this.#needs, decide, () => Promise.resolve(null));
  }

  /** Everybody who is registered, by name; leases that have passed are shown as `expired`. */
  list(filter: { role?: Role } = {}): Promise<ListedMember[]> {
    return this.#directory.list(filter);
  }

  /**
   * The one member that an id, or a name (with or without `@`), means. Of several with one name those
   * that are online come first, then expired leases, then those who are away and left an inbox.
   *
   * @throws OrchestratorError MEMBER_NOT_FOUND, MEMBER_AMBIGUOUS, each with `candidates` in its
   *   details; ZooKeeperError
   */
  find(nameOrId: string): Promise<KnownMember> {
    return this.#directory.find(nameOrId);
  }

  /**
   * Joined, left and changed, until the signal is aborted; at the start everybody who is there has
   * joined. The end of a lease is a change (`liveness` says `expired`).
   */
  watch(signal: AbortSignal): AsyncGenerator<MemberChange, void, void> {
    return this.#directory.watch(signal);
  }

  /** What `list` gives, now and after each change, until the signal is aborted. */
  follow(signal: AbortSignal): AsyncGenerator<ListedMember[], void, void> {
    return this.#directory.follow(signal);
  }

  #memberOf(profile: MemberProfile, leaseMs: number | null): Member {
    return {
      v: 1,
      id: profile.id,
      name: profile.name,
      role: profile.role,
      kind: leaseMs === null ? "attached" : "leased",
      status: "idle",
      current_task_id: null,
      current_work: null,
      connected_since: new Date(this.#needs.clock.now()).toISOString(),
      work_dir: profile.workDir ?? null,
      host: profile.host ?? "",
      pid: profile.pid ?? null,
      version: profile.version ?? "",
      capacity: profile.capacity ?? 1,
      lease_ms: leaseMs,
      lease_expires_at: null,
      nonce: this.#needs.random.id(),
    };
  }

  /** Takes the node of an attached member that is dead out of the way. Throws MEMBER_EXISTS. */
  #replace(node: MemberNode, fresh: Member, isAlive: IsAlive): Op {
    const self = { host: fresh.host, pid: null, nonce: "", sessionId: "0" };
    const kind = standing(node, self, isAlive);
    if (kind !== "replaceable") throw memberExists(node.member, kind, "register");
    return {
      type: "delete",
      path: memberPath(this.#needs.tree, fresh.id),
      version: node.stat.version,
    };
  }

  /** Writes a member's node, which renews its lease; reads only where nothing changes. */
  async #write(id: InstanceId, beat: DecideHeartbeat): Promise<ListedMember | null> {
    const path = memberPath(this.#needs.tree, id);
    const decide = async (): Promise<
      Plan<ListedMember | null> | Settled<ListedMember | null>
    > => {
      const node = await readMember(this.#needs.tree, id);
      if (node === null) return { settled: null };
      const member = changed(node.member, await beat(node.member));
      const isSame = JSON.stringify(member) === JSON.stringify(node.member);
      if (isSame && member.lease_ms === null) {
        return { settled: listed(node, node.stat.mtime) };
      }
      return {
        ops: [{ type: "set", path, data: encodePayload(member), version: node.stat.version }],
        event: null,
        result: ([set]) => {
          const stat = set?.type === "set" ? set.stat : node.stat;
          return listed({ member, stat }, stat.mtime);
        },
      };
    };
    return await commitUntilDone(this.#needs, decide, () => Promise.resolve(null));
  }
}

function changed(member: Member, beat: Heartbeat): Member {
  const { status = member.status, currentTaskId, currentWork } = beat;
  return {
    ...member,
    status,
    current_task_id: currentTaskId === undefined ? member.current_task_id : currentTaskId,
    current_work: currentWork === undefined ? member.current_work : currentWork,
  };
}

/** A leased member that registers again is still the same one. */
function reregistered(old: Member, fresh: Member): Member {
  const { nonce, connected_since, status, current_task_id, current_work } = old;
  return { ...fresh, nonce, connected_since, status, current_task_id, current_work };
}

function eventOf(type: "member_joined" | "member_left", member: Member): NewEvent {
  const { id, name, role, host, kind } = member;
  return { type, by: id, by_name: name, data: { role, host, kind } };
}

function notFound(id: InstanceId): OrchestratorError {
  return new OrchestratorError("MEMBER_NOT_FOUND", `Nobody is registered as "${id}"`, {
    hint: "Register first",
    details: { id },
  });
}
