import { hostname } from "node:os";
import { expect, test } from "vitest";
import { hostOf, thisHost } from "./this_host.ts";

test("a machine is known by its name", () => {
  expect(hostOf("build7", "4026531836")).toBe("build7");
  expect(hostOf("build7", null)).toBe("build7");
  expect(thisHost().split("/")[0]).toBe(hostname());
});

test("containers that share a name are not taken for one machine", () => {
  const hosts = ["4026532301", "4026532402"].map((table) => hostOf("build7", table));
  expect(new Set(["build7", ...hosts]).size).toBe(3);
});
