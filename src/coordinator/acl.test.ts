import { describe, expect, test } from "vitest";
import { isAllowed, maskDigests, OPEN_ACL, Permission, READ_ACL, resolveAcl } from "./acl.ts";

const entry = (scheme: string, id: string, permissions: number = Permission.all) => ({
  permissions,
  scheme,
  id,
});
const ANN = { scheme: "digest", id: "ann:x" };

describe("an ACL that is asked for", () => {
  test.each([
    ["world", "anyone", true],
    ["world", "ann", false],
    ["digest", "ann:x", true],
    ["digest", "ann:x:", true],
    ["digest", "ann", false],
    ["digest", "ann:", false],
    ["digest", "a:b:c", false],
    ["ip", "10.0.0.1", true],
    ["ip", "10.0.0.0/8", true],
    ["ip", "10.0.0.0/33", false],
    ["ip", "10.0.0", false],
    ["ip", "10.0.0.256", false],
    ["ip", "::1", false],
    ["super", "ann", false],
    ["", "", false],
  ])("for %s %j is valid: %s", (scheme, id, valid) => {
    expect(resolveAcl([entry(scheme, id)], []) !== null).toBe(valid);
  });

  test("is not valid when it is empty, or any entry is not", () => {
    expect(resolveAcl([], [])).toBeNull();
    expect(resolveAcl([entry("world", "anyone"), entry("world", "x")], [])).toBeNull();
  });

  test("shares one list where it is open, and has each entry once", () => {
    expect(resolveAcl([entry("world", "anyone")], [])).toBe(OPEN_ACL);
    const twice = [entry("digest", "ann:x"), entry("digest", "ann:x"), entry("digest", "bob:y")];
    expect(resolveAcl(twice, [])).toEqual([twice[0], twice[2]]);
  });

  test("means whoever asks by auth, if anybody", () => {
    const asked = [entry("auth", "", Permission.read)];
    expect(resolveAcl(asked, [{ scheme: "ip", id: "127.0.0.1" }])).toBeNull();
    expect(resolveAcl(asked, [{ scheme: "ip", id: "127.0.0.1" }, ANN]))
      .toEqual([entry("digest", "ann:x", Permission.read)]);
  });
});

describe("access", () => {
  test.each([
    ["10.1.2.3", "10.1.2.3", true],
    ["10.1.2.4", "10.1.2.3", false],
    ["10.1.2.3", "10.0.0.0/8", true],
    ["11.1.2.3", "10.0.0.0/8", false],
    ["10.1.2.3", "0.0.0.0/0", true],
    ["200.1.2.3", "200.0.0.0/7", true],
    ["::1", "0.0.0.0/0", false],
  ])("of %s to ip %s: %s", (host, range, allowed) => {
    expect(isAllowed([entry("ip", range)], Permission.read, [{ scheme: "ip", id: host }]))
      .toBe(allowed);
  });

  test("needs one of the permissions, from an entry that matches", () => {
    expect(isAllowed(READ_ACL, Permission.write, [ANN])).toBe(false);
    expect(isAllowed(READ_ACL, Permission.read | Permission.admin, [])).toBe(true);
    expect(isAllowed([entry("digest", "ann:x")], Permission.write, [ANN])).toBe(true);
    expect(isAllowed([entry("digest", "ann:y")], Permission.write, [ANN])).toBe(false);
  });
});

test("who does not administer a node sees no digest", () => {
  expect(maskDigests([entry("digest", "ann:secret"), entry("ip", "10.0.0.1")]))
    .toEqual([entry("digest", "ann:x"), entry("ip", "10.0.0.1")]);
});
