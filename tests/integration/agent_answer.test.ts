import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readAnswer } from "../../src/agent/answer.ts";
import { answerSchema } from "../../src/agent/answer_schema.ts";
import { Decision } from "../../src/domain/decision.ts";
import { Decomposition } from "../../src/domain/decomposition.ts";
import { claudePath } from "../support/claude_cli.ts";
import { runClaude } from "../support/claude_run.ts";
import {
  bash,
  inOrder,
  say,
  type ScriptedApi,
  startScriptedApi,
  use,
} from "../support/scripted_api.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

const PASS = { decision: "pass", reason: "All is shown" };
const FULL = { ...PASS, guidance: "", redo_link: null, next_action: "none", assignee: null };
const LINK = { title: "t", description: "d", criteria: "c" };
const CHAIN = {
  title: "x",
  links: { plan: null, build: LINK, verify: LINK, review: LINK, accept: LINK },
};

describe.skipIf(claudePath() === undefined)("the real Claude Code, asked for an answer", () => {
  let api: ScriptedApi;
  beforeEach(async () => {
    api = await startScriptedApi();
  });
  afterEach(() => api.close());

  const ask = (schema: typeof Decision | typeof Decomposition) =>
    runClaude({ directory: temporaryDirectory(), apiUrl: api.url }, {
      options: { jsonSchema: answerSchema(schema) },
    });
  const answer = (input: Record<string, unknown>) => use("StructuredOutput", input);

  test("gives a decision, and is told by itself what does not fit", async () => {
    api.play(inOrder(answer({ decision: "maybe" }), answer(PASS)));
    const run = await ask(Decision);
    expect(run.outcome).toEqual({ kind: "ok" });
    expect(readAnswer(run, Decision)).toEqual({ ok: true, value: FULL });
    expect(api.requests).toHaveLength(2);
    expect(api.requests[1]?.last).toContain("must have required property 'reason'");
  });

  test("gives a decomposition", async () => {
    api.play(inOrder(answer({ chains: [CHAIN] })));
    const read = readAnswer(await ask(Decomposition), Decomposition);
    expect(read).toEqual({ ok: true, value: { chains: [{ ...CHAIN, priority: 1, after: [] }] } });
  });

  test("gives it without the tools that change something, whatever its command allows", async () => {
    const directory = temporaryDirectory();
    const write = (name: string) => {
      const file_path = join(directory, name);
      return use("Write", { file_path, content: "x" });
    };
    const ask = (readOnly: boolean) =>
      runClaude({ directory, apiUrl: api.url }, {
        flags: ["--permission-mode", "acceptEdits", "--allowedTools", "Bash(echo *)", "Write"],
        options: { jsonSchema: answerSchema(Decision), readOnly },
      });
    api.play(inOrder(write("one"), bash("echo x > two"), answer(PASS)));
    const run = await ask(true);
    expect(readAnswer(run, Decision)).toEqual({ ok: true, value: FULL });
    expect(readdirSync(directory).filter((name) => /^(one|two)$/.test(name))).toEqual([]);
    const tools = api.requests[0]?.tools ?? [];
    expect(tools).toContain("StructuredOutput");
    expect(tools).toContain("Read");
    for (const tool of ["Bash", "Edit", "Write", "NotebookEdit"]) expect(tools).not.toContain(tool);
    // What keeps it from writing is that flag, and nothing else.
    await ask(false);
    expect(readdirSync(directory)).toContain("one");
  });

  test("may say it as text: then the object in it is the answer", async () => {
    api.play(() => say(`I decided.\n\n\`\`\`json\n${JSON.stringify(PASS)}\n\`\`\``));
    const run = await ask(Decision);
    expect(run.outcome.kind).toBe("no_structured_output");
    expect(readAnswer(run, Decision)).toEqual({ ok: true, value: FULL });
  });

  test("finds nothing wrong with what only the program can see: complaints say it", async () => {
    api.play(inOrder(answer({ decision: "pass", reason: "   " })));
    const run = await ask(Decision);
    expect(run.outcome).toEqual({ kind: "ok" });
    expect(readAnswer(run, Decision)).toEqual({
      ok: false,
      complaints: ["reason must say why"],
    });
  });
});
