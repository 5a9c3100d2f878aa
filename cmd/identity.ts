import type { ListedMember } from "../src/coordination/liveness.ts";
import { OrchestratorError } from "../src/domain/errors.ts";
import type { InstanceId, TaskId } from "../src/domain/ids.ts";
import type { Actor } from "../src/domain/member.ts";
import type { Task } from "../src/domain/task.ts";
import type { Deps } from "./cli/command.ts";
import { isRunning } from "./team/running.ts";
import { thisHost } from "./team/this_host.ts";

// A command that names its identity also renews that member's lease: the write goes out beside the
// command's own requests on the same connection, and is awaited only before the session closes.

/** Apart from `src/domain/member.ts`, which costs the schemas that a short command can do without. */
const NOBODY: Actor = { id: "", name: "" };

/** A step that ends a member's work on a task; `succeeded` tells whether, and never rejects. */
export interface EndingWork {
  readonly taskId: TaskId;
  readonly succeeded: Promise<boolean>;
}

/**
 * Who is acting, for what anybody may do: where several members are registered here and it was not said
 * which is meant, a person is, who is nobody of them. Renews the lease on the side.
 */
export async function actor(deps: Deps): Promise<Actor> {
  try {
    return await knownActor(deps);
  } catch (error) {
    const isUnsaid = error instanceof OrchestratorError && error.code === "IDENTITY_MISSING";
    if (!isUnsaid) throw error;
    return NOBODY;
  }
}

/**
 * Who is acting, where that is known, else nobody; renews the lease on the side. Throws IDENTITY_MISSING
 * where several members are registered here: for what is answered, it matters who has asked.
 */
export async function knownActor(deps: Deps, work?: EndingWork): Promise<Actor> {
  const { resolveIdentity } = await import("../src/config/identity.ts");
  const identity = resolveIdentity(await deps.config());
  if (identity === null) return NOBODY;
  const name = renew(deps, identity.id, work);
  if (identity.name !== null) return { id: identity.id, name: identity.name };
  return { id: identity.id, name: await name ?? identity.id };
}

/** As `actor`, for what only a member can do. Throws IDENTITY_MISSING. */
export async function requireActor(
  deps: Deps,
  work?: EndingWork,
): Promise<Actor & { readonly id: InstanceId }> {
  const { requireIdentity } = await import("../src/config/identity.ts");
  const identity = requireIdentity(await deps.config());
  const name = renew(deps, identity.id, work);
  return { id: identity.id, name: identity.name ?? await name ?? identity.id };
}

/**
 * The member that is acting. Who is not registered, or whose lease was cleared away, becomes a
 * leased member by this. Throws IDENTITY_MISSING.
 */
export async function requireMember(deps: Deps): Promise<ListedMember> {
  const [{ requireIdentity }, config, team] = await Promise.all([
    import("../src/config/identity.ts"),
    deps.config(),
    deps.team(),
  ]);
  const identity = requireIdentity(config);
  const present = await team.members.renew(identity.id);
  if (present !== null) return present;
  const { DEFAULT_ROLE } = await import("../src/domain/member.ts");
  const profile = {
    id: identity.id,
    name: identity.name ?? config.value("name") ?? identity.id,
    role: config.value("role") ?? DEFAULT_ROLE,
    host: thisHost(),
    leaseMs: config.value("limits.lease"),
  };
  return await team.members.register(profile, isRunning);
}

/**
 * Shows, beside a claim, that a leased member works on what it claims: the node is read meanwhile, and
 * written once the claim has succeeded. A claim of `null` shows nothing.
 */
export function showClaim(deps: Deps, member: ListedMember, claim: Promise<Task | null>): void {
  if (member.lease_ms === null) return;
  const claimed = claim.catch(() => null);
  const shown = deps.team().then(({ members }) =>
    members.renew(member.id, async () => {
      const task = await claimed;
      return task === null ? {} : { status: "busy", currentTaskId: task.id, currentWork: null };
    })
  );
  beside(deps, shown);
}

/** Renews the lease; the name as soon as the node is read, undefined where there is none. */
async function renew(
  deps: Deps,
  id: InstanceId,
  work: EndingWork | undefined,
): Promise<string | undefined> {
  let tell: (name: string) => void = () => {};
  const name = new Promise<string>((resolve) => tell = resolve);
  const renewal = deps.team().then(({ members }) =>
    members.renew(id, async (member) => {
      tell(member.name);
      const isShown = member.lease_ms !== null && member.current_task_id === work?.taskId;
      const isOver = isShown && await work?.succeeded === true;
      return isOver ? { status: "idle", currentTaskId: null } : {};
    })
  );
  beside(deps, renewal);
  return await Promise.race([name, renewal.then((member) => member?.name)]);
}

/** Lets it end before the session closes; the command's own requests tell of a broken connection. */
function beside(deps: Deps, renewal: Promise<unknown>): void {
  deps.onClose(() => renewal.then(() => {}, () => {}));
  renewal.catch(() => {});
}
