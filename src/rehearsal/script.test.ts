import { expect, test } from "vitest";
import { OrchestratorError } from "../domain/errors.ts";
import { mishapAt, parseScript, PLAIN_SCRIPT } from "./script.ts";

function refusal(text: string): string {
  try {
    parseScript(text);
  } catch (error) {
    if (error instanceof OrchestratorError) return `${error.code} ${error.message}`;
  }
  return "taken";
}

test("a script is cues and settings", () => {
  expect(parseScript(" 429@build#2, crash@verify,,deny@plan#*, seed=7,time=20ms,reset=1s "))
    .toEqual({
      cues: [
        { mishap: "429", part: "build", when: { kind: "nth", nth: 2 } },
        { mishap: "crash", part: "verify", when: { kind: "nth", nth: 1 } },
        { mishap: "deny", part: "plan", when: { kind: "always" } },
      ],
      seed: 7,
      timeMs: 20,
      resetMs: 1000,
      patienceMs: PLAIN_SCRIPT.patienceMs,
    });
});

test("an empty script is one in which all goes well", () => {
  expect(parseScript("  ")).toEqual(PLAIN_SCRIPT);
});

test.each([
  ["crash", "it is not what@part#nth"],
  ["crash@build#", "it is not what@part#nth"],
  ["crash@build#0", '"#0" is not #1, #2 …, #* or a chance such as #20%'],
  ["crash@build#101%", '"#101%" is not'],
  ["crush@build", '"crush" is nothing that can happen: did you mean "crash"?'],
  ["crash@bild", '"bild" is no part of a rehearsal: did you mean "build"?'],
  ["feedback@build", '"feedback" happens at verify, review, accept, decide only'],
  ["badjson@plan", '"badjson" happens at decompose, decide only'],
  ["time=soon", '"time" must be a duration such as 500ms'],
  ["seed=x", "a seed is a whole number from 0"],
  ["sead=1", '"sead" is no setting: did you mean "seed"?'],
  ["crash@build,".repeat(101), "it has more than 100 entries"],
])("%j is refused, and told why", (text, why) => {
  expect(refusal(text)).toMatch(/^INVALID_INPUT Cannot rehearse "/);
  expect(refusal(text)).toContain(why);
});

test("a cue comes at its own run only, or at each", () => {
  const script = parseScript("crash@build#2,deny@verify#*");
  const at = (part: "build" | "verify", nth: number) =>
    mishapAt(script, { part, nth, subject: "task-1" });
  expect([1, 2, 3].map((nth) => at("build", nth))).toEqual([null, "crash", null]);
  expect([1, 2].map((nth) => at("verify", nth))).toEqual(["deny", "deny"]);
});

test("chance follows from the seed, the task and the run, whoever asks", () => {
  const tasks = Array.from({ length: 1000 }, (_, at) => `task-${at}`);
  const struck = (seed: number) => {
    const script = parseScript(`crash@build#20%,seed=${seed}`);
    return tasks.filter((subject) => mishapAt(script, { part: "build", nth: 1, subject }) !== null);
  };
  expect(struck(1)).toEqual(struck(1));
  expect(struck(1)).not.toEqual(struck(2));
  expect(struck(1).length).toBeGreaterThan(150);
  expect(struck(1).length).toBeLessThan(250);
});
