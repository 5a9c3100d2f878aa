import { expect, test } from "vitest";
import { chainAt, handedIn, ready } from "../../../tests/support/sample_chain.ts";
import { planOf } from "../../../tests/support/chain_team.ts";
import type { Chain } from "../../domain/chain.ts";
import { idOf } from "../../domain/ids.ts";
import { Requirement } from "../../domain/requirement.ts";
import type { Task } from "../../domain/task.ts";
import { chainProblems, requirementProblems } from "./audit_rules.ts";

const sound = chainAt("build");

function problems(change: Partial<Chain>, links: (task: Task) => Task | null): string[] {
  return chainProblems({ ...sound.chain, ...change }, sound.tasks.map(links));
}

function only(link: string, change: (task: Task) => Task | null): (task: Task) => Task | null {
  return (task) => task.link === link ? change(task) : task;
}

test("a chain whose links agree with it has no problem", () => {
  expect(problems({}, (task) => task)).toEqual([]);
  expect(
    problems(
      { status: "completed" },
      (task) => ({ ...task, status: "completed", judgement: "passed" }),
    ),
  ).toEqual([]);
  expect(problems({ status: "failed" }, () => null)).toEqual([]);
});

test.each<[string, Partial<Chain>, (task: Task) => Task | null, string[]]>([
  ["a task is missing", {}, only("review", () => null), ["link review: its task is missing"]],
  [
    "an earlier link is not passed",
    {},
    only("plan", (task) => ({ ...task, judgement: "awaited" })),
    ["link plan: was not passed"],
  ],
  [
    "the link at work waits for another",
    {},
    only("build", (task) => ({ ...task, waiting_on: [idOf("task", 1)] })),
    ["link build: waits for another link"],
  ],
  [
    "a later link waits for nothing",
    {},
    only("review", ready),
    ["link review: is pending and does not wait for the link before it"],
  ],
  [
    "a later link is handed in",
    {},
    only("review", (task) => handedIn(task)),
    ["link review: is completed and does not wait for the link before it"],
  ],
  [
    "a link is of another chain",
    {},
    only("build", (task) => ({ ...task, chain_id: idOf("chain", 2) })),
    ["link build: task-0000000002 is not its task"],
  ],
  [
    "something of a closed chain is to be judged",
    { status: "failed" },
    only("build", (task) => task),
    ["build", "verify", "review", "accept"].map((link) =>
      `link ${link}: is to be judged, though the chain is failed`
    ),
  ],
  ["it waits without a question", { status: "waiting" }, (task) => task, [
    "it is waiting, help says otherwise",
  ]],
])("found: %s", (_, change, links, found) => {
  expect(problems(change, links)).toEqual(found);
});

const [one, two] = [1, 2].map((number) => ({
  ...sound.chain,
  id: idOf("chain", number),
  requirement_id: idOf("req", 1),
}));
if (one === undefined || two === undefined) throw new Error("No chains");
const requirement = Requirement.parse({
  v: 1,
  id: idOf("req", 1),
  content: "x",
  status: "open",
  plan: planOf({}, {}),
  chains: [one.id, two.id],
  created_at: one.created_at,
  updated_at: one.created_at,
});

test.each<[string, Partial<Requirement>, (Chain | null)[], string[]]>([
  ["nothing", {}, [one, two], []],
  ["a chain is missing", {}, [one, null], ["chain-0000000002 is missing"]],
  ["nothing, once it is over", { status: "failed" }, [one, null], []],
  ["another's chain", {}, [one, { ...two, requirement_id: null }], [
    "chain-0000000002 is not of it",
  ]],
  [
    "open after its chains",
    {},
    [{ ...one, status: "failed" }, { ...two, status: "completed" }],
    ["it is open, but every chain is closed"],
  ],
  ["open too early", { chains: [one.id] }, [one], ["it is open, but not every chain was opened"]],
  [
    "planned too long",
    { status: "planned" },
    [one, two],
    ["it is planned, but it has no chain left to be opened"],
  ],
  [
    "completed without its chains",
    { status: "completed" },
    [one, { ...two, status: "completed" }],
    ["it is completed, but not every chain is completed"],
  ],
])("of a requirement is found: %s", (_, change, chains, found) => {
  expect(requirementProblems({ ...requirement, ...change }, chains)).toEqual(found);
});
