import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { problemOf } from "./support/documented_commands.ts";

const dockerfile = readFileSync("Dockerfile", "utf8").replace(/\\\n\s*/g, "");
const compose = readFileSync("docker-compose.yml", "utf8");
const ignored = readFileSync(".dockerignore", "utf8").split("\n");

/** What follows the program's name in arrays such as `["tini", "--", "claude-orchestrator", "status"]`. */
function commandsIn(text: string): string[] {
  const arrays = [...text.matchAll(/^.*(\["[^\]]*"\])/gm)].map((match) => {
    const words: string[] = JSON.parse(match[1] ?? "[]");
    const at = words.indexOf("claude-orchestrator");
    const isCommand = at >= 0 || /^ *command:|^CMD/.test(match[0]);
    return isCommand ? words.slice(at + 1) : [];
  });
  const lines = [...text.matchAll(/exec claude-orchestrator (.*)$/gm)].map(([, line = ""]) => line);
  return [...arrays.filter(([first]) => first).map((words) => words.join(" ")), ...lines];
}

test("the images, and the services made of them, run only commands that exist", async () => {
  const commands = [...commandsIn(dockerfile), ...commandsIn(compose)];
  expect(commands).toContainEqual(expect.stringMatching(/^status --here/));
  expect(commands).toContainEqual(expect.stringMatching(/^leader .*--standby/));
  expect(commands).toContainEqual(expect.stringMatching(/^register --name/));
  const problems = await Promise.all(commands.map(async (text) => {
    const problem = await problemOf({
      text: text.replace(/\$\$\(\w+\)|\$\$/g, "x"),
      line: 0,
      whole: true,
    });
    return problem === null ? null : `${text}: ${problem}`;
  }));
  expect(problems.filter((problem) => problem !== null)).toEqual([]);
});

test("what the images are built from is in the checkout, and in the context", () => {
  const sources = [...dockerfile.matchAll(/^COPY (?!--)(.*) \S+$/gm)]
    .flatMap(([, paths = ""]) => paths.split(" "));
  expect(sources.length).toBeGreaterThan(8);
  const missing = sources.filter((path) => {
    const [top = ""] = path.split("/");
    const isLet = ignored.some((line) => line.startsWith("!") && matches(line.slice(1), top));
    return !existsSync(path) || !isLet;
  });
  expect(missing).toEqual([]);
});

function matches(pattern: string, name: string): boolean {
  const [before = "", after] = pattern.split("*");
  if (after === undefined) return name === pattern;
  return name.startsWith(before) && name.endsWith(after);
}
