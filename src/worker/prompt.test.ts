import { expect, test } from "vitest";
import type { Task, Transition } from "../domain/task.ts";
import { earlierReports, guidance } from "./prompt.ts";

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
