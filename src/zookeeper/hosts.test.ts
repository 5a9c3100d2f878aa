import { describe, expect, test } from "vitest";
import { isZooKeeperError } from "./errors.ts";
import { parseHosts } from "./hosts.ts";

const code = (text: string) => {
  try {
    parseHosts(text);
    return null;
  } catch (error) {
    return isZooKeeperError(error) ? `${error.code} ${error.outcome}` : "?";
  }
};

describe("parseHosts()", () => {
  test("reads hosts, ports and chroot", () => {
    expect(parseHosts("a:2182, b ,[::1]:2183,[fe80::1%eth0]/team/x")).toEqual({
      endpoints: [
        { host: "a", port: 2182 },
        { host: "b", port: 2181 },
        { host: "::1", port: 2183 },
        { host: "fe80::1%eth0", port: 2181 },
      ],
      chroot: "/team/x",
    });
    expect(parseHosts("127.0.0.1/")).toEqual({
      endpoints: [{ host: "127.0.0.1", port: 2181 }],
      chroot: "",
    });
  });

  test.each(["", "a,", ":2181", "a:", "a:x", "a:0", "a:65536", "a b", "[::1", "::1:2181", "a:1:2"])(
    "refuses %j",
    (text) => expect(code(text)).toBe("BAD_ARGUMENTS not_sent"),
  );

  test.each(["a/b/", "a//", "a/../b"])("refuses the chroot of %j", (text) => {
    expect(code(text)).toBe("INVALID_PATH not_sent");
  });
});
