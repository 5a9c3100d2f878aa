import { hostname } from "node:os";
import type { ListedMember } from "../src/coordination/liveness.ts";
import type { InstanceId } from "../src/domain/ids.ts";
import type { Actor } from "../src/domain/member.ts";
import type { Deps } from "./cli/command.ts";
import { isRunning } from "./team/running.ts";

// A command that names its identity also renews that member's lease: the write goes out beside the
// command's own requests on the same connection, and is awaited only before the session closes.

/** Who is acting, where that is known, else nobody; renews the lease on the side. */
export async function actor(deps: Deps): Promise<Actor> {
  const { resolveIdentity } = await import("../src/config/identity.ts");
  const identity = resolveIdentity(await deps.config());
  if (identity === null) return { id: "", name: "" };
  const renewal = renew(deps, identity.id);
  if (identity.name !== null) return { id: identity.id, name: identity.name };
  return { id: identity.id, name: (await renewal)?.name ?? identity.id };
}

/** As `actor`, for what only a member can do. Throws IDENTITY_MISSING. */
export async function requireActor(deps: Deps): Promise<Actor & { readonly id: InstanceId }> {
  const { requireIdentity } = await import("../src/config/identity.ts");
  const identity = requireIdentity(await deps.config());
  const renewal = renew(deps, identity.id);
  return { id: identity.id, name: identity.name ?? (await renewal)?.name ?? identity.id };
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
    host: hostname(),
    leaseMs: config.value("limits.lease"),
  };
  return await team.members.register(profile, isRunning);
}

function renew(deps: Deps, id: InstanceId): Promise<ListedMember | null> {
  const renewal = deps.team().then((team) => team.members.renew(id));
  // The command's own requests tell of a broken connection; the renewal must not say it twice.
  deps.onClose(() => renewal.then(() => {}, () => {}));
  renewal.catch(() => {});
  return renewal;
}
