import { closest } from "../domain/closest.ts";
import { OrchestratorError } from "../domain/errors.ts";
import { InstanceId } from "../domain/ids.ts";
import { Member } from "../domain/member.ts";
import { InboxOwner } from "../domain/message.ts";
import { Role } from "../domain/task.ts";
import type { Ground } from "./commit_once.ts";
import { type KnownMember, listed, type ListedMember, type Liveness } from "./liveness.ts";
import { memberChanges, msToNextExpiry } from "./member_changes.ts";
import type { MemberChange } from "./member_changes.ts";
import type { MemberNode } from "./member_node.ts";
import { readings } from "./readings.ts";
import type { ServerTime } from "./server_time.ts";

export type { MemberChange } from "./member_changes.ts";

/** Names listed with an error. */
const MAX_CANDIDATES = 20;
const RANKS: readonly Liveness[] = ["online", "expired", "offline"];

/** Reading who is there; see `Registry`. */
export class MemberDirectory {
  readonly #ground: Ground & { readonly serverTime: ServerTime };

  constructor(ground: Ground & { readonly serverTime: ServerTime }) {
    this.#ground = ground;
  }

  async list(filter: { role?: Role } = {}): Promise<ListedMember[]> {
    await this.#ground.tree.sync();
    const { members } = await this.#read();
    return members.filter(({ role }) => filter.role === undefined || role === filter.role);
  }

  async find(nameOrId: string): Promise<KnownMember> {
    await this.#ground.tree.sync();
    const [{ members }, away] = await Promise.all([this.#read(), this.#inboxes()]);
    const present = new Set<string>(members.map(({ id }) => id));
    const known: KnownMember[] = [
      ...members.map(({ id, name, role, liveness }) => ({ id, name, role, liveness })),
      ...away.filter(({ id }) => !present.has(id)),
    ];
    const byId = known.find(({ id }) => id === nameOrId);
    if (byId !== undefined) return byId;
    const wanted = nameOrId.replace(/^@/, "");
    const named = known.filter(({ name }) => name === wanted);
    for (const rank of RANKS) {
      const [first, ...more] = named.filter(({ liveness }) => liveness === rank);
      if (first === undefined) continue;
      if (more.length === 0) return first;
      throw ambiguous(wanted, [first, ...more]);
    }
    throw notFound(wanted, known);
  }

  async *watch(signal: AbortSignal): AsyncGenerator<MemberChange, void, void> {
    let before: ReadonlyMap<string, ListedMember> = new Map();
    for await (const members of this.follow(signal)) {
      const after = new Map(members.map((member) => [member.id, member]));
      yield* memberChanges(before, after);
      before = after;
    }
  }

  async *follow(signal: AbortSignal): AsyncGenerator<ListedMember[], void, void> {
    const { tree, clock } = this.#ground;
    const lists = readings(tree, clock, signal, {
      targets: [{ path: tree.path("instances"), recursive: true }],
      read: () => this.#read(),
      validMs: ({ members, serverNow }) => msToNextExpiry(members, serverNow),
    });
    for await (const { members } of lists) yield members;
  }

  /** All members by name, then id. The server's clock is read only where there are leases. */
  async #read(): Promise<{ members: ListedMember[]; serverNow: number }> {
    const { tree } = this.#ground;
    const names = await tree.children(tree.path("instances"));
    const nodes = (await Promise.all(names.map((name) => this.#node(name)))).flat();
    const hasLeases = nodes.some(({ member }) => member.lease_ms !== null);
    const serverNow = hasLeases ? await this.#ground.serverTime.now() : 0;
    const members = nodes.map((node) => listed(node, serverNow));
    return { members: members.sort(byName), serverNow };
  }

  async #node(name: string): Promise<MemberNode[]> {
    const { tree } = this.#ground;
    const read = await tree.read(tree.path("instances", name), Member);
    if (read.kind === "missing") return [];
    if (read.kind === "found") {
      if (read.value.id === name) return [{ member: read.value, stat: read.stat }];
      this.#ground.onCorrupt({
        path: tree.path("instances", name),
        problem: `it says that it is "${read.value.id}"`,
      });
      return [];
    }
    this.#ground.onCorrupt(read);
    return [];
  }

  /** Everybody who has an inbox. */
  async #inboxes(): Promise<KnownMember[]> {
    const { tree } = this.#ground;
    const names = await tree.children(tree.path("messages"));
    const owners = await Promise.all(names.map(async (name): Promise<KnownMember[]> => {
      const id = InstanceId.safeParse(name);
      const read = await tree.read(tree.path("messages", name), InboxOwner);
      if (!id.success || read.kind === "missing") return [];
      if (read.kind === "corrupt") {
        this.#ground.onCorrupt(read);
        return [];
      }
      const role = Role.safeParse(read.value.role);
      return [{
        id: id.data,
        name: read.value.name,
        role: role.success ? role.data : "",
        liveness: "offline",
      }];
    }));
    return owners.flat();
  }
}

function byName(a: ListedMember, b: ListedMember): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : a.id < b.id ? -1 : 1;
}

function ambiguous(name: string, candidates: readonly KnownMember[]): OrchestratorError {
  return new OrchestratorError(
    "MEMBER_AMBIGUOUS",
    `Name "${name}" is not unique: ${candidates.length} members have it`,
    {
      hint: `Use an id: ${candidates.map(({ id }) => id).slice(0, MAX_CANDIDATES).join(", ")}`,
      details: { name, candidates: candidates.slice(0, MAX_CANDIDATES) },
    },
  );
}

function notFound(name: string, known: readonly KnownMember[]): OrchestratorError {
  const near = closest(name, known.flatMap(({ name, id }) => [name, id]));
  return new OrchestratorError("MEMBER_NOT_FOUND", `No member is called "${name}"`, {
    hint: near === null ? "list-instances shows who is here" : `Did you mean "${near}"?`,
    details: { name, candidates: known.slice(0, MAX_CANDIDATES) },
  });
}
