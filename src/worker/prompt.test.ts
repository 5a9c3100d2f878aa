import { expect, test } from "vitest";
import type { Guidance, Task, Transition } from "../domain/task.ts";
import { earlierReports, guidance as guidanceOf } from "./prompt.ts";

const guidance = (history: Transition[], judged: Guidance[] = []) =>
  guidanceOf({ history, guidance: judged });

const step = (action: string, reason: string | null, by_name = "Tom"): Transition => ({
  time: "2026-01-02T03:04:05.000Z",
  action,
  from: "in_progress",
  to: "pending",
  by: "tom",
  by_name,
  token: null,
  reason,
  forced: false,
  nonce: "",
});

test("guidance is what earlier attempts came to, and nothing of the first one", () => {
  expect(guidance([step("claim", null), step("start", null)])).toBe("");
  expect(guidance([
    step("claim", null),
    step("fail", "The check failed: npm test"),
    step("retry", null),
    step("release", "The Worker leaves"),
    step("unblock", "use port 80", ""),
  ])).toBe(
    "- 2026-01-02T03:04:05.000Z fail by Tom: The check failed: npm test\n" +
      "- 2026-01-02T03:04:05.000Z unblock: use port 80",
  );
});

test("guidance keeps the last five", () => {
  const history = Array.from({ length: 9 }, (_, index) => step("fail", `reason ${index}`));
  expect(guidance(history).split("\n").map((line) => line.slice(-1)).join("")).toBe("45678");
});

test("what the Leader wants is told whole, in its place, and why the task was reopened is not", () => {
  const at = (minute: number) => `2026-01-02T03:0${minute}:05.000Z`;
  const long = "x".repeat(5000);
  const judged = (minute: number, text: string): Guidance => ({
    time: at(minute),
    round: minute,
    by_name: "Lea",
    link: "verify",
    text,
  });
  expect(guidance(
    [
      { ...step("fail", "red"), time: at(1) },
      { ...step("reopen", "feedback: xxx"), time: at(2) },
      { ...step("fail", "red again"), time: at(3) },
    ],
    [judged(2, long), judged(4, "use port 80")],
  )).toBe(
    `- ${at(1)} fail by Tom: red\n` +
      `- ${at(2)} round 2, verify judged by Lea: ${long}\n` +
      `- ${at(3)} fail by Tom: red again\n` +
      `- ${at(4)} round 4, verify judged by Lea: use port 80`,
  );
});

test("earlier reports are told with who made them; without any there is no document", () => {
  const task = (result: string | null): Task =>
    ({
      id: "task-0000000001",
      link: "plan",
      title: "Plan it",
      completed_by_name: "Ann",
      result,
    }) as Task;
  expect(earlierReports([task(null), task("")])).toBeNull();
  expect(earlierReports([task("R1: it works")])).toBe(
    "# plan: Plan it (task-0000000001, by Ann)\n\nR1: it works\n",
  );
});
