import { describe, expect, test } from "vitest";
import { planOf } from "../../tests/support/chain_team.ts";
import { Decomposition, linksOf, problemsOf, pushOrder } from "./decomposition.ts";

const link = { title: "t", description: "d", criteria: "c" };
const links = { build: link, verify: link, review: link, accept: link };

describe("the shape of an answer", () => {
  test("a plan may be left out, the other links may not", () => {
    const answer = Decomposition.parse({ chains: [{ title: "One", links }] });
    expect(answer.chains[0]).toMatchObject({ priority: 1, after: [], links: { plan: null } });
    const { build: _build, ...rest } = links;
    expect(Decomposition.safeParse({ chains: [{ title: "x", links: rest }] }).success).toBe(false);
  });

  test.each([
    ["no chain", { chains: [] }],
    ["21 chains", { chains: Array.from({ length: 21 }, () => ({ title: "x", links })) }],
    ["an empty title", { chains: [{ title: " ", links }] }],
    ["a long title", { chains: [{ title: "x".repeat(201), links }] }],
    ["no criteria", {
      chains: [{ title: "x", links: { ...links, build: { ...link, criteria: "" } } }],
    }],
    [
      "a huge description",
      {
        chains: [{
          title: "x",
          links: { ...links, build: { ...link, description: "x".repeat(16_385) } },
        }],
      },
    ],
    ["a chain after number 0", { chains: [{ title: "x", after: [0], links }] }],
    ["a priority of 4", { chains: [{ title: "x", priority: 4, links }] }],
  ])("refuses %s", (_, answer) => {
    expect(Decomposition.safeParse(answer).success).toBe(false);
  });
});

describe("problems of an answer that has the right shape", () => {
  test.each([
    ["none", planOf({}, { after: [1] }), []],
    ["a chain that is not there", planOf({}, { after: [3] }), [
      "chains.1.after names chain 3, but there are only 2",
    ]],
    ["a circle", planOf({ after: [2] }, { after: [1] }), [
      "chains wait for each other in a circle: 1 → 2 → 1",
    ]],
    ["a chain after itself", planOf({ after: [1] }), [
      "chains wait for each other in a circle: 1 → 1",
    ]],
  ])("%s", (_, plan, problems) => {
    expect(problemsOf(plan)).toEqual(problems);
  });

  test("too many bytes in all", () => {
    const text = "x".repeat(16_000);
    const plan = planOf(...Array.from({ length: 5 }, () => ({ text })));
    expect(problemsOf(plan)).toEqual([expect.stringContaining("at most 300000 are allowed")]);
  });
});

test("chains are pushed after those that they wait for, else in their order", () => {
  expect(pushOrder(planOf({ after: [3] }, {}, { after: [2] }))).toEqual([1, 2, 0]);
  expect(pushOrder(planOf({}, {}, {}))).toEqual([0, 1, 2]);
});

test("links come in their order, without those that are left out", () => {
  const [one, two] = planOf({ plan: true }, {}).chains.map((chain) =>
    linksOf(chain).map((each) => each.link)
  );
  expect(one).toEqual(["plan", "build", "verify", "review", "accept"]);
  expect(two).toEqual(["build", "verify", "review", "accept"]);
});
