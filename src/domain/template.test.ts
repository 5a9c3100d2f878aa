import { expect, test } from "vitest";
import { OrchestratorError } from "./errors.ts";
import { loadTemplate, render } from "./template.ts";

const filled = (text: string, values: Parameters<typeof render>[1]) =>
  render(loadTemplate("test", text), values);

test("fills variables, with and without blanks around their names", () => {
  expect(filled("I am {{name}}, {{ role }}.", { name: "Bob", role: "builder" }))
    .toBe("I am Bob, builder.");
});

test.each(["{{name}}", "$&", "$'", "$1", "$$", "{{", "}}", "\\", "{{content}}"])(
  "the value %j stays text",
  (value) => {
    expect(filled("<{{content}}|{{name}}>", { content: value, name: "Bob" }))
      .toBe(`<${value}|Bob>`);
  },
);

test("a variable may be named more than once", () => {
  expect(filled("{{name}} {{name}}", { name: "Bob" })).toBe("Bob Bob");
});

test("a variable without a value reads (none)", () => {
  expect(filled("[{{task_doc_path}}] [{{content}}]", { content: "" })).toBe("[(none)] [(none)]");
});

test("braces that name nothing are text", () => {
  const text = '{"chains": [{"links": {"plan": null}}]} { { x } } {name}';
  expect(filled(text, {})).toBe(text);
});

test.each([
  ["one\ntwo {{nmae}}", "nmae", 2, 'Did you mean "{{name}}"?'],
  ["{{constructor}}", "constructor", 1, expect.stringContaining("Known are: name, role")],
  ["\n\n\n{{}}", "", 4, expect.anything()],
])("an unknown variable in %j is an error with its line", (text, variable, line, hint) => {
  let error: unknown;
  try {
    loadTemplate("worker-build", text);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(OrchestratorError);
  expect(error).toMatchObject({
    code: "INVALID_TEMPLATE",
    message: `Unknown variable "{{${variable}}}" in line ${line} of template "worker-build"`,
    hint,
  });
});

test("tells which variables a template names", () => {
  expect([...loadTemplate("t", "{{name}} {{content}} {{name}}").variables])
    .toEqual(["name", "content"]);
});
