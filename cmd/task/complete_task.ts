import { MAX_RESULT_BYTES } from "../../src/domain/limits.ts";
import { defineCommand } from "../cli/command.ts";
import { readText } from "../text_source.ts";
import { endWork, heldTask, HOLDER_OPTIONS } from "./holder.ts";

/** Hands in a result; refused, and kept as a late report, from who has lost the claim. */
export default defineCommand({
  description:
    "Only the owner of the claim may, or anyone with --force. From an owner who has lost the claim " +
    "the result is refused (status 4) and kept on the task as a late report.",
  options: {
    ...HOLDER_OPTIONS,
    result: { type: "text", placeholder: "text", help: "What came of it" },
    file: {
      type: "text",
      placeholder: "path|-",
      completes: "file",
      help: "Read the result from a file, or with - from stdin",
    },
    evidence: { type: "pairs", placeholder: "key=value", help: "Proof: commit=…, tests=…" },
  },
  positionals: [{ name: "-", help: "Read the result from stdin", optional: true, choices: ["-"] }],
  examples: [
    {
      says: "Done, with proof",
      command:
        'claude-orchestrator complete-task --task-id task-0000000001 --result "Login works" ' +
        "--evidence commit=1a2b3c4",
    },
    {
      says: "Of an agent that a Worker runs: the environment names its task",
      command: 'claude-orchestrator complete-task --result "Login works"',
    },
    {
      says: "A long result",
      command: "git log -1 --stat | claude-orchestrator complete-task --task-id task-0000000001 -",
    },
  ],
  output: { kind: "document", schema: async () => (await import("../schemas.ts")).TaskOutput },
  run: async (deps, options, positionals) => {
    const id = heldTask(deps, options);
    const result = await readText(deps.host, {
      option: "result",
      text: options.result,
      file: options.file,
      positionals,
      maxBytes: MAX_RESULT_BYTES,
    });
    const { evidence } = options;
    await endWork(
      deps,
      options,
      id,
      (tasks, holder) => tasks.complete(id, holder, { result, evidence, force: holder.force }),
    );
  },
});
