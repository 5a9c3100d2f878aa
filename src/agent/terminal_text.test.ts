import { expect, test } from "vitest";
import { progressLines } from "./terminal_text.ts";

test("progress tells what a tool is used on, and what went wrong", () => {
  expect(progressLines({ type: "tool_use", id: "", name: "Edit", input: { file_path: "/a" } }))
    .toEqual(["→ Edit /a"]);
  expect(progressLines({ type: "tool_use", id: "", name: "Odd", input: { n: 1 } }))
    .toEqual(['→ Odd {"n":1}']);
  expect(progressLines({ type: "tool_result", id: "", isError: false, text: "fine" })).toEqual([]);
  expect(progressLines({ type: "tool_result", id: "", isError: true, text: "no\nway" }))
    .toEqual(["✗ no way"]);
  expect(progressLines({ type: "text", text: "one\n\n\x1b[1mtwo" })).toEqual(["one", "two"]);
  expect(progressLines({ type: "other", name: "x" })).toEqual([]);
});
