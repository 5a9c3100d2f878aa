import { expect, test } from "vitest";
import { postsFor } from "./roles.ts";

const shown = (count: number, roles: string[] = []) =>
  postsFor(count, roles).map(({ name, role }) => `${name}:${role}`);

test("one Worker does everything, several are spread over the links", () => {
  expect(shown(1)).toEqual(["worker:general"]);
  expect(shown(3)).toEqual(["builder:builder", "verifier:verifier", "reviewer:reviewer"]);
  expect(shown(7)).toEqual([
    "builder:builder",
    "verifier:verifier",
    "reviewer:reviewer",
    "planner:planner",
    "accepter:accepter",
    "builder-2:builder",
    "verifier-2:verifier",
  ]);
});

test("roles that are named are dealt in their order", () => {
  expect(shown(3, ["developer", "general"])).toEqual([
    "developer:developer",
    "worker:general",
    "developer-2:developer",
  ]);
});
