import type { Outcome } from "../../src/agent/outcome.ts";
import type { Random } from "../../src/platform/random.ts";
import type { VirtualClock } from "../../src/platform/simulated/virtual_clock.ts";
import type { Play, Question, Saying } from "./simulated_agents.ts";

export interface ScriptNeeds {
  readonly time: VirtualClock;
  readonly random: Random;
  /** Whether things go wrong now. */
  readonly isTroubled: () => boolean;
}

/** How long a run takes, in ms: mostly near the first, seldom up to all of both. */
const SHORT_MS = 2_000;
const LONG_MS = 120_000;

const LINK = (link: string) => ({
  title: `${link} it`,
  description: `What ${link} is to do`,
  criteria: "It is there",
});

/** Agents that do what they are asked, and fail in all ways that there are while there is trouble. */
export function agentScript({ time, random, isTroubled }: ScriptNeeds): (it: Question) => Play {
  const chance = (of: number) => random.next() < of;
  const oneOf = <T>(first: T, ...others: readonly T[]): T =>
    others[Math.floor(random.next() * (others.length + 1)) - 1] ?? first;

  function misfortune(): Outcome {
    const reason = "as simulated";
    const until = time.now() + 20_000 + random.next() * 60_000;
    return oneOf<Outcome>(
      { kind: "failed", reason },
      { kind: "no_result", reason },
      { kind: "turns_spent", reason },
      { kind: "timed_out", limit: "stall" },
      { kind: "nothing_done", denied: [] },
      { kind: "overloaded", reason },
      { kind: "rate_limited", until: chance(0.7) ? until : null, reason },
      { kind: "not_logged_in", reason },
    );
  }

  function reportOf(kind: string): Saying {
    const isJudging = ["verify", "review", "accept"].includes(kind);
    const status = isTroubled() && chance(0.06) ? oneOf("blocked", "failed") : "done";
    const verdict = isTroubled() && chance(0.1) ? oneOf("feedback", "reject") : "pass";
    const told = isJudging ? `\nVerdict: ${verdict}` : "";
    return { text: `Status: ${status}\nSummary: as simulated${told}` };
  }

  function plan(): Saying {
    const count = oneOf(1, 1, 2, 3);
    const chains = Array.from({ length: count }, (_, index) => ({
      title: `Part ${index + 1}`,
      after: index > 0 && chance(0.5) ? [index] : [],
      links: {
        plan: chance(0.3) ? LINK("plan") : null,
        build: LINK("build"),
        verify: LINK("verify"),
        review: LINK("review"),
        accept: LINK("accept"),
      },
    }));
    return { answer: { chains } };
  }

  function decision(prompt: string): Saying {
    const isCompleted = /^State: completed$/m.test(prompt);
    const verdict = /^Verdict: (\w+)$/m.exec(prompt)?.[1] ?? "pass";
    const mayPass = isCompleted && verdict === "pass";
    if (mayPass && !(isTroubled() && chance(0.08))) {
      return { answer: { decision: "pass", reason: "All is shown" } };
    }
    const more = { reason: "Not yet", guidance: "Which port?" };
    if (chance(0.15)) {
      return { answer: { decision: "feedback", ...more, next_action: "ask_for_help" } };
    }
    if (verdict === "reject") return { answer: { decision: "reject", ...more } };
    return { answer: { decision: "feedback", ...more } };
  }

  function saying({ kind, prompt }: Question): Saying {
    if (isTroubled() && chance(0.08)) return { outcome: misfortune() };
    if (kind === "check") {
      const isFailing = isTroubled() && chance(0.2);
      return isFailing ? { outcome: { kind: "failed", reason: "2 tests failed" } } : { text: "ok" };
    }
    if (kind === "decompose" || kind === "decide") {
      if (isTroubled() && chance(0.05)) return { text: "I would rather not say" };
      return kind === "decompose" ? plan() : decision(prompt);
    }
    return reportOf(kind);
  }

  function handsIn(kind: string, said: Saying): Play["handsIn"] {
    if (kind === "message" || kind === "check") return "no";
    if ("text" in said && said.text.startsWith("Status: done")) {
      return chance(0.1) ? "waiting" : "no";
    }
    return chance(0.8) ? "late" : "no";
  }

  return (question) => {
    const said = saying(question);
    return {
      ms: 200 + random.next() * SHORT_MS + random.next() ** 4 * LONG_MS,
      saying: said,
      handsIn: handsIn(question.kind, said),
    };
  };
}
