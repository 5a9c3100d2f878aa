import { expect, test } from "vitest";
import { Member } from "../domain/member.ts";
import { listed } from "./liveness.ts";
import { memberChanges, msToNextExpiry } from "./member_changes.ts";
import { type MemberNode, standing } from "./member_node.ts";

const STARTED = Date.UTC(2026, 0, 1);

function node(member: Partial<Member> = {}, ephemeralOwner = 0n): MemberNode {
  return {
    member: Member.parse({
      v: 1,
      id: "tom",
      name: "Tom",
      role: "builder",
      kind: ephemeralOwner === 0n ? "leased" : "attached",
      connected_since: new Date(STARTED).toISOString(),
      host: "here",
      pid: 7,
      nonce: "n1",
      ...member,
    }),
    stat: {
      czxid: 1n,
      mzxid: 1n,
      pzxid: 1n,
      ctime: STARTED,
      mtime: STARTED,
      version: 0,
      cversion: 0,
      aversion: 0,
      ephemeralOwner,
      dataLength: 0,
      numChildren: 0,
    },
  };
}

const self = { host: "here", pid: 8, nonce: "n2", sessionId: "ab" };

test.each([
  ["of this session", 0xabn, {}, true, "mine"],
  ["of an earlier session of this process", 0xcdn, { nonce: "n2", pid: 8 }, true, "replaceable"],
  ["of a dead process on this host", 0xcdn, {}, false, "replaceable"],
  ["of a live process on this host", 0xcdn, {}, true, "running"],
  ["of another host, where the pid says nothing", 0xcdn, { host: "there" }, false, "elsewhere"],
  ["of a host that has no name", 0xcdn, { host: "" }, false, "elsewhere"],
  ["of a process with our own pid", 0xcdn, { pid: 8 }, true, "elsewhere"],
  ["of a session with the highest bit set", -1n, { host: "there" }, true, "elsewhere"],
  ["of nobody: a lease", 0n, {}, true, "replaceable"],
])("standing() of a node %s", (_, owner, member, isAlive, expected) => {
  expect(standing(node(member, owner), self, () => isAlive)).toBe(expected);
});

test("standing() knows its own session also where its id is negative", () => {
  const own = { ...self, sessionId: "ffffffffffffffff" };
  expect(standing(node({}, -1n), own, () => true)).toBe("mine");
});

test("listed() ends a lease by the node's own time, to the millisecond", () => {
  const leased = node({ lease_ms: 1000 });
  expect(listed(leased, STARTED + 999).liveness).toBe("online");
  expect(listed(leased, STARTED + 1000)).toMatchObject({
    liveness: "expired",
    lease_expires_at: "2026-01-01T00:00:01.000Z",
  });
  expect(listed(node({}, 1n), STARTED + 1e12).liveness).toBe("online");
});

test("memberChanges() tells a return as another process from a change", () => {
  const at = (member: Partial<Member>, now = STARTED) => {
    const one = listed(node({ lease_ms: 1000, ...member }), now);
    return new Map([[one.id as string, one]]);
  };
  const told = (before: ReturnType<typeof at>, after: ReturnType<typeof at>) =>
    memberChanges(before, after).map(({ type }) => type);
  expect(told(new Map(), at({}))).toEqual(["joined"]);
  expect(told(at({}), new Map())).toEqual(["left"]);
  expect(told(at({}), at({}))).toEqual([]);
  expect(told(at({}), at({ status: "busy" }))).toEqual(["changed"]);
  expect(told(at({}), at({ nonce: "other" }))).toEqual(["left", "joined"]);
  expect(told(at({}), at({}, STARTED + 1000))).toEqual(["changed"]);
});

test("msToNextExpiry() looks for the first lease that ends", () => {
  const one = (lease_ms: number | null, now: number) => listed(node({ lease_ms }), now);
  const now = STARTED + 200;
  expect(msToNextExpiry([one(null, now)], now)).toBeUndefined();
  expect(msToNextExpiry([one(900, now), one(500, now), one(100, now)], now)).toBe(300);
});
