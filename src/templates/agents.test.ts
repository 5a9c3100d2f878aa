import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../tests/support/temporary_directory.ts";
import { fieldTitle, parseReport, REPORT_FIELDS, type ReportKind } from "../domain/report.ts";
import { loadTemplate, render, TEMPLATE_VARIABLES } from "../domain/template.ts";
import { nodeFiles } from "../platform/node/files.ts";
import {
  AGENT_TEMPLATE_NAMES,
  AGENT_TEMPLATES,
  agentTemplate,
  ownTemplatePath,
  workerTemplateName,
} from "./agents.ts";

const NO_FILES = { read: () => null };
const KINDS = Object.keys(REPORT_FIELDS) as ReportKind[];
const VALUES = Object.fromEntries(
  Object.keys(TEMPLATE_VARIABLES).map((name) => [name, `<${name} {{name}} $&>`]),
);

test("every file under templates/agents is embedded", () => {
  const files = readdirSync("templates/agents").map((file) => file.replace(/\.md$/, ""));
  expect(files.sort()).toEqual([...AGENT_TEMPLATE_NAMES].sort());
  for (const name of AGENT_TEMPLATE_NAMES) {
    expect(AGENT_TEMPLATES[name]).toBe(readFileSync(`templates/agents/${name}.md`, "utf8"));
  }
});

test.each(AGENT_TEMPLATE_NAMES)("%s loads, and every value lands in it as it is", (name) => {
  const template = agentTemplate(name, NO_FILES, "/nowhere");
  const text = render(template, VALUES);
  for (const variable of template.variables) expect(text).toContain(VALUES[variable]);
  expect(text.replaceAll("{{name}}", "")).not.toContain("{{");
});

test.each(AGENT_TEMPLATE_NAMES)("%s is short", (name) => {
  expect(AGENT_TEMPLATES[name].split("\n").length).toBeLessThanOrEqual(50);
});

test.each(KINDS)("the template of %s asks at its end for the fields that are read", (kind) => {
  const text = AGENT_TEMPLATES[workerTemplateName(kind)].trimEnd();
  const asked = text.split("\n\n").at(-1)?.split("\n") ?? [];
  expect(asked.map((line) => line.split(":")[0])).toEqual(REPORT_FIELDS[kind].map(fieldTitle));
});

test.each(KINDS)("an answer in the form that %s asks for is read without a gap", (kind) => {
  const choices: Record<string, string> = {
    link: kind,
    status: "done",
    verdict: kind === "accept" ? "go" : "pass",
    redo: "none",
  };
  const answer = REPORT_FIELDS[kind].map((field) =>
    `${fieldTitle(field)}: ${choices[field] ?? "x"}`
  );
  const report = parseReport(kind, ["Here it is.", "", ...answer].join("\n"));
  expect(report.missing).toEqual([]);
  expect(report.status).toBe("done");
  const judges = ["verify", "review", "accept"].includes(kind);
  expect(report.verdict).toBe(judges ? "pass" : null);
});

test("a project's own copy wins", () => {
  const root = temporaryDirectory({
    ".claude-orchestrator/agents/worker-build.md": "Own words for {{name}}",
  });
  expect(render(agentTemplate("worker-build", nodeFiles, root), { name: "Bob" }))
    .toBe("Own words for Bob");
  expect(agentTemplate("worker-plan", nodeFiles, root)).toEqual(
    loadTemplate("worker-plan", AGENT_TEMPLATES["worker-plan"]),
  );
});

test("a project's own copy with an unknown variable is named by file and line", () => {
  const root = temporaryDirectory({
    ".claude-orchestrator/agents/worker-build.md": "one\n{{titel}}\n",
  });
  expect(() => agentTemplate("worker-build", nodeFiles, root)).toThrow(
    expect.objectContaining({
      code: "INVALID_TEMPLATE",
      details: expect.objectContaining({
        template: ownTemplatePath(root, "worker-build"),
        line: 2,
      }),
    }),
  );
  expect(ownTemplatePath(root, "worker-build").startsWith(join(root, ".claude-orchestrator")))
    .toBe(true);
});
