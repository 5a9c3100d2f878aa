import { describe, expect, test } from "vitest";
import { findCycle, groupTogether, resolveDependencies } from "./dependencies.ts";
import { ChainId } from "./ids.ts";

describe("findCycle", () => {
  test.each([
    ["nothing", [], null],
    ["a chain", [[], [0], [1]], null],
    ["a diamond", [[], [0], [0], [1, 2]], null],
    ["itself", [[0]], [0, 0]],
    ["two", [[1], [0]], [0, 1, 0]],
    ["a circle behind a tail", [[1], [2], [3], [1]], [1, 2, 3, 1]],
  ])("of %s", (_, graph, cycle) => {
    expect(findCycle(graph)).toEqual(cycle);
  });

  test("walks a chain of 100,000 without a stack of that depth", () => {
    const graph = Array.from({ length: 100_000 }, (_, index) => index === 0 ? [] : [index - 1]);
    expect(findCycle(graph)).toBeNull();
    expect(findCycle([[99_999], ...graph.slice(1)])).toHaveLength(100_001);
  });
});

describe("resolveDependencies", () => {
  test("finds keys before and after, and names each dependency once", () => {
    const resolved = resolveDependencies([
      { title: "a", depends_on: ["b", "task-0000000001", "b"] },
      { title: "b", key: "b" },
    ]);
    expect(resolved.map((one) => one.map(({ on }) => on))).toEqual([
      [{ index: 1 }, { id: "task-0000000001" }],
      [],
    ]);
  });

  test.each([
    ["DEPENDENCY_NOT_FOUND", [{ title: "a", depends_on: ["nobody"] }]],
    ["DEPENDENCY_CYCLE", [{ title: "a", key: "a", depends_on: ["a"] }]],
    ["DEPENDENCY_CYCLE", [
      { title: "a", key: "a", depends_on: ["b"] },
      { title: "b", key: "b", blocked_by: ["a"] },
    ]],
    ["INVALID_INPUT", [{ title: "a", key: "k" }, { title: "b", key: "k" }]],
    ["INVALID_INPUT", [{ title: "a", key: "task-0000000001" }]],
  ])("throws %s for %j", (code, specs) => {
    expect(() => resolveDependencies(specs)).toThrow(expect.objectContaining({ code }));
  });
});

test("groupTogether keeps chains and dependencies whole, in the order of their first", () => {
  const chain_id = ChainId.parse("chain-0000000001");
  const specs = [
    { title: "0", key: "0" },
    { title: "1", chain_id },
    { title: "2" },
    { title: "3", depends_on: ["0"] },
    { title: "4", chain_id },
    { title: "5", key: "5", depends_on: ["4"] },
    { title: "4", key: "4" },
  ];
  expect(groupTogether(specs, resolveDependencies(specs))).toEqual([[0, 3], [1, 4], [2], [5, 6]]);
});
