import { expect, test } from "vitest";
import { resourceAttributes } from "./resource_attributes.ts";

/** As an SDK reads the variable. */
function read(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(",").map((pair) => {
      const [key = "", value = "", ...rest] = pair.split("=");
      if (rest.length > 0) throw new Error(`${pair} has a second =`);
      if (!/^[\x21\x23-\x2B\x2D-\x3A\x3C-\x5B\x5D-\x7E]*$/.test(value)) throw new Error(pair);
      return [key, decodeURIComponent(value)];
    }),
  );
}

test("attributes are named, and empty ones left out", () => {
  expect(
    resourceAttributes(undefined, { task_id: "task-0000000007", link: null, attempt: 2, x: "" }),
  )
    .toBe("claude_orchestrator.task_id=task-0000000007,claude_orchestrator.attempt=2");
  expect(resourceAttributes(undefined, {})).toBe("");
});

test("what was set before stays, but for attributes of another run", () => {
  const before = "service.namespace=a%2Cb, claude_orchestrator.task_id=task-1 ,,deployment=x";
  expect(resourceAttributes(before, { task_id: "task-2" }))
    .toBe("service.namespace=a%2Cb,deployment=x,claude_orchestrator.task_id=task-2");
});

test.each([
  "Ada, the first = best",
  'a;b"c\\d%41 e',
  "Jürgen 你好 🙂",
  "line\nbreak\u0000\u007f",
  "/team/root:1@x+y~z",
])("%j can be read back", (value) => {
  const text = resourceAttributes("kept=1", { member_name: value });
  expect(read(text)).toEqual({ kept: "1", "claude_orchestrator.member_name": value });
});

test("half of a character does no harm", () => {
  expect(read(resourceAttributes("", { name: "a\ud800b" })))
    .toEqual({ "claude_orchestrator.name": "a\ufffdb" });
});

test("a long value is cut after a whole character", () => {
  const value = read(resourceAttributes("", { name: "ü".repeat(200) }))["claude_orchestrator.name"];
  expect(value).toBe("ü".repeat(42));
  expect(encodeURIComponent(value ?? "").length).toBeLessThanOrEqual(255);
});
