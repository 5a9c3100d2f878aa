import { describe, expect, test } from "vitest";
import { blocked, chainAt } from "../../tests/support/sample_chain.ts";
import { Decision } from "./decision.ts";
import { InstanceId } from "./ids.ts";
import { outOfRounds, rule } from "./ruling.ts";
import type { Link } from "./task.ts";
import { utf8Bytes } from "./text.ts";

const tom = InstanceId.parse("tom");

function decision(kind: Decision["decision"], more: Partial<Decision> = {}): Decision {
  const guidance = kind === "pass" ? "" : "Do it better";
  return Decision.parse({ decision: kind, reason: "because", guidance, ...more });
}

function ruled(at: Link, given: Decision, more: Partial<Parameters<typeof rule>[1]> = {}) {
  const { chain, judged } = chainAt(at);
  return rule(given, { chain, task: judged, verdict: null, members: [tom], ...more });
}

/** What comes of a decision on a link, as the course, or the reason why nothing does. */
function courseOf(...args: Parameters<typeof ruled>): unknown {
  const judged = ruled(...args);
  return judged.possible ? judged.ruling.course : judged.why;
}

describe("what a decision means", () => {
  test.each<[Link, Decision, object]>([
    ["plan", decision("pass"), { kind: "advance", to: "build" }],
    ["review", decision("pass", { next_action: "activate_next" }), {
      kind: "advance",
      to: "accept",
    }],
    ["accept", decision("pass"), { kind: "close" }],
    ["accept", decision("pass", { next_action: "close_chain" }), { kind: "close" }],
    ["verify", decision("feedback"), { kind: "redo", decision: "feedback", link: "verify" }],
    ["verify", decision("feedback", { redo_link: "plan" }), { kind: "redo", link: "verify" }],
    ["review", decision("reject"), { kind: "redo", decision: "reject", link: "build" }],
    ["review", decision("reject", { redo_link: "verify" }), { kind: "redo", link: "verify" }],
    ["build", decision("reject"), { kind: "redo", link: "plan" }],
    [
      "build",
      decision("feedback", { next_action: "ask_for_help", guidance: "Which port?" }),
      { kind: "help", question: "Which port?" },
    ],
  ])("on %s, $decision", (at, given, course) => {
    expect(courseOf(at, given)).toMatchObject({ ...course });
  });

  test("names who is to do what comes next", () => {
    const judged = ruled("plan", decision("pass", { next_action: "reassign", assignee: "tom" }));
    expect(judged).toMatchObject({ possible: true, ruling: { assignee: "tom" } });
  });
});

describe("what cannot be carried out", () => {
  const { judged, tasks, chain } = chainAt("build");
  const stuck = blocked(tasks[2] ?? judged);

  test.each<[string, Link, Decision, Partial<Parameters<typeof rule>[1]>, string]>([
    [
      "a closed chain",
      "plan",
      decision("pass"),
      { chain: { ...chain, status: "failed" } },
      "failed",
    ],
    ["an absent assignee", "plan", decision("pass", { assignee: "x" }), {}, '"x" is not here'],
    [
      "nobody to reassign to",
      "plan",
      decision("pass", { next_action: "reassign" }),
      {},
      "assignee",
    ],
    ["help after a pass", "plan", decision("pass", { next_action: "ask_for_help" }), {}, "no help"],
    [
      "help without a question",
      "plan",
      decision("feedback", { next_action: "ask_for_help", guidance: " " }),
      {},
      "the question",
    ],
    ["a pass of a blocked link", "verify", decision("pass"), { task: stuck }, "is blocked"],
    ["a pass against the verdict", "verify", decision("pass"), { verdict: "reject" }, "verdict"],
    [
      "a link after the last",
      "accept",
      decision("pass", { next_action: "activate_next" }),
      {},
      "no link",
    ],
    [
      "closing in the middle",
      "plan",
      decision("pass", { next_action: "close_chain" }),
      {},
      "last link",
    ],
    ["no guidance", "plan", decision("feedback", { guidance: "" }), {}, "needs guidance"],
    [
      "closing without a pass",
      "accept",
      decision("reject", { next_action: "close_chain" }),
      {},
      "pass",
    ],
    [
      "going on without a pass",
      "plan",
      decision("feedback", { next_action: "activate_next" }),
      {},
      "pass",
    ],
    ["nothing earlier", "plan", decision("reject"), {}, "no earlier link"],
    ["a later link", "build", decision("reject", { redo_link: "accept" }), {}, "before"],
    ["the link itself", "build", decision("reject", { redo_link: "build" }), {}, "before"],
    [
      "a link that is not there",
      "verify",
      decision("reject", { redo_link: "plan" }),
      { chain: { ...chain, links: chain.links.slice(1) } },
      "not in this chain",
    ],
  ])("%s", (_, at, given, facts, why) => {
    expect(courseOf(at, given, facts)).toContain(why);
  });
});

describe("rounds", () => {
  const round = { time: "2026-01-01T00:00:00.000Z", link: "verify", redo: "build" } as const;
  const rounds = (count: number, reason = "why") =>
    Array.from({ length: count }, (_, index) => ({
      ...round,
      round: index + 1,
      decision: "reject" as const,
      reason: `${reason} ${index + 1}`,
    }));

  test("are counted: the chain stops when it was sent back as often as it may be", () => {
    const { chain } = chainAt("verify", { rounds: rounds(2), round: 3, max_rounds: 3 });
    expect(outOfRounds(chain, "last")).toBeNull();
    expect(courseOf("verify", decision("feedback"), { chain })).toMatchObject({ kind: "redo" });
    const spent = { ...chain, rounds: rounds(3), round: 4 };
    expect(courseOf("verify", decision("feedback", { reason: "last" }), { chain: spent })).toEqual({
      kind: "stop",
      reason: "Sent back 3 times. round 1: reject on verify: why 1; " +
        "round 2: reject on verify: why 2; round 3: reject on verify: why 3; round 4: last",
    });
    expect(courseOf("verify", decision("pass"), { chain: spent })).toMatchObject({
      kind: "advance",
    });
  });

  test("have each its share of a reason that must not be too long", () => {
    const { chain } = chainAt("verify", { rounds: rounds(20, "x".repeat(2000)), max_rounds: 20 });
    const course = outOfRounds(chain, "y".repeat(20_000));
    if (course?.kind !== "stop") throw new Error("It goes on");
    expect(utf8Bytes(course.reason)).toBeLessThanOrEqual(16 * 1024);
    for (let number = 1; number <= 20; number++) {
      expect(course.reason).toContain(`round ${number}:`);
    }
    expect(course.reason).toContain("yyy");
  });
});
