import type { Acl } from "../zookeeper/zookeeper.ts";

// Access control after `PrepRequestProcessor.fixupACL`, `ZooKeeperServer.checkACL` and the providers
// for `digest` and `ip` of ZooKeeper 3.8.

/** Bits of a permission. */
export const Permission = { read: 1, write: 2, create: 4, delete: 8, admin: 16, all: 31 } as const;

export type AclList = readonly Acl[];

/** Who a session has shown to be. */
export interface Identity {
  readonly scheme: string;
  readonly id: string;
}

/** Open to everybody: what nearly all nodes have, so that one list serves them. */
export const OPEN_ACL: AclList = [{ permissions: Permission.all, scheme: "world", id: "anyone" }];
/** Everybody may read. */
export const READ_ACL: AclList = [{ permissions: Permission.read, scheme: "world", id: "anyone" }];

/**
 * The ACL that a node gets: duplicates removed, `auth` put in terms of who asks. Null where it is
 * not valid: empty, of an unknown scheme, `auth` without an identity.
 */
export function resolveAcl(asked: AclList, identities: readonly Identity[]): AclList | null {
  const [first] = asked;
  if (asked.length === 1 && first !== undefined && isOpen(first)) return OPEN_ACL;
  const resolved: Acl[] = [];
  for (const [index, acl] of asked.entries()) {
    if (asked.findIndex((other) => isSame(other, acl)) < index) continue;
    const entries = resolveEntry(acl, identities);
    if (entries.length === 0) return null;
    resolved.push(...entries);
  }
  return resolved.length === 0 ? null : resolved;
}

function resolveEntry(acl: Acl, identities: readonly Identity[]): Acl[] {
  if (acl.scheme === "world") return acl.id === "anyone" ? [acl] : [];
  if (acl.scheme === "digest") return isDigestId(acl.id) ? [acl] : [];
  if (acl.scheme === "ip") return isAddressRange(acl.id) ? [acl] : [];
  if (acl.scheme !== "auth") return [];
  return identities.filter(({ scheme }) => scheme === "digest")
    .map(({ scheme, id }) => ({ permissions: acl.permissions, scheme, id }));
}

function isOpen(acl: Acl): boolean {
  return acl.permissions === Permission.all && acl.scheme === "world" && acl.id === "anyone";
}

function isSame(one: Acl, other: Acl): boolean {
  return one.permissions === other.permissions && one.scheme === other.scheme &&
    one.id === other.id;
}

/** Whether an ACL grants one of the permissions to somebody with these identities. */
export function isAllowed(
  acl: AclList,
  permissions: number,
  identities: readonly Identity[],
): boolean {
  if (acl === OPEN_ACL || acl.length === 0) return true;
  return identities.some(({ scheme }) => scheme === "super") ||
    acl.some((entry) =>
      (entry.permissions & permissions) !== 0 &&
      (entry.scheme === "world" && entry.id === "anyone" ||
        identities.some((identity) => matches(identity, entry)))
    );
}

function matches(identity: Identity, entry: Acl): boolean {
  if (identity.scheme !== entry.scheme) return false;
  if (entry.scheme === "digest") return identity.id === entry.id;
  return entry.scheme === "ip" && isWithin(identity.id, entry.id);
}

/** An ACL as those see it who may read but not administer the node: digests are masked. */
export function maskDigests(acl: AclList): AclList {
  return acl.map((entry) =>
    entry.scheme === "digest" ? { ...entry, id: entry.id.replace(/:.*/g, ":x") } : entry
  );
}

/** `DigestAuthenticationProvider.isValid`: two parts, as Java's `split` counts them. */
function isDigestId(id: string): boolean {
  const parts = id.split(":");
  while (parts.length > 0 && parts.at(-1) === "") parts.pop();
  return parts.length === 2;
}

/** `IPAuthenticationProvider.isValid`: an IPv4 address, maybe with a count of leading bits. */
function isAddressRange(range: string): boolean {
  return parseRange(range) !== null;
}

function isWithin(address: string, range: string): boolean {
  const parsed = parseRange(range);
  const value = parseAddress(address);
  if (parsed === null || value === null) return false;
  return parsed.bits === 0 || (parsed.address ^ value) >>> (32 - parsed.bits) === 0;
}

function parseRange(range: string): { address: number; bits: number } | null {
  const slash = range.indexOf("/");
  const address = parseAddress(slash === -1 ? range : range.slice(0, slash));
  const bits = slash === -1 ? 32 : parseInteger(range.slice(slash + 1), 32);
  return address === null || bits === null ? null : { address, bits };
}

function parseAddress(text: string): number | null {
  const parts = text.split(".").map((part) => parseInteger(part, 255));
  if (parts.length !== 4) return null;
  return parts.reduce<number | null>(
    (address, part) => address === null || part === null ? null : (address << 8) | part,
    0,
  );
}

function parseInteger(text: string, max: number): number | null {
  const value = /^[+-]?\d{1,9}$/.test(text) ? Number(text) : -1;
  return value >= 0 && value <= max ? value : null;
}
