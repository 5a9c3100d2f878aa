import type { ListedMember } from "../coordination/registry.ts";
import type { InstanceId } from "../domain/ids.ts";
import type { LeaderTeam } from "./ports.ts";

/** Who is on the team, kept up to date by its watch. */
export class Roster {
  readonly #members = new Map<InstanceId, ListedMember>();
  readonly #listeners = new Set<() => void>();

  /** Reads who is here now. Throws `ZooKeeperError`. */
  async load(members: LeaderTeam["members"]): Promise<void> {
    for (const member of await members.list()) this.#members.set(member.id, member);
  }

  /** Follows the members until the signal is aborted. Throws `ZooKeeperError` CLOSED. */
  async follow(members: LeaderTeam["members"], signal: AbortSignal): Promise<void> {
    for await (const { type, member } of members.watch(signal)) {
      if (type === "left") this.#members.delete(member.id);
      else this.#members.set(member.id, member);
      for (const listener of this.#listeners) listener();
    }
  }

  /** Calls the listener after each change; the returned function ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Everybody, Leader and standbys too. */
  all(): ListedMember[] {
    return [...this.#members.values()];
  }

  /**
   * Those who can be given work: all who are here but for Leaders and standbys, which are attached and
   * work in no directory.
   */
  workers(): ListedMember[] {
    return this.all().filter(({ liveness, kind, work_dir }) =>
      liveness === "online" && (kind === "leased" || work_dir !== null)
    );
  }
}
