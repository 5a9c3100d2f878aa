import { OrchestratorError } from "../../src/domain/errors.ts";
import type { InstanceId } from "../../src/domain/ids.ts";
import { MAX_TEXT_BYTES } from "../../src/domain/limits.ts";
import { defineCommand, type Deps } from "../cli/command.ts";
import type { OptionSpecs, Values } from "../cli/options.ts";
import { instanceId, messageId, taskId } from "../ids.ts";
import { readText } from "../text_source.ts";
import { send } from "./send.ts";

const OPTIONS = {
  content: { type: "text", placeholder: "text", help: "What to say" },
  file: {
    type: "text",
    placeholder: "path|-",
    completes: "file",
    help: "Read what to say from a file, or with - from stdin",
  },
  to: { type: "list", placeholder: "id", completes: "member-id", help: "Instances to send it to" },
  "to-name": {
    type: "text",
    placeholder: "name",
    completes: "member",
    help: 'Unique name (or id) of the receiver; "all" is everybody',
  },
  broadcast: { type: "flag", help: "To everybody but the sender" },
  "help-request": { type: "flag", help: "To everybody, as a call for help" },
  "request-help": { type: "flag", help: "The same, as older versions spell it" },
  "reply-to": {
    type: "text",
    placeholder: "id",
    completes: "message",
    help: "Message that this one answers",
  },
  "task-id": { type: "text", placeholder: "id", completes: "task", help: "Task that it is about" },
  expires: {
    type: "moment",
    placeholder: "time|duration",
    help: "When nobody is to act on it any more",
  },
} as const satisfies OptionSpecs;

type Receivers = { to: InstanceId[] | "everyone"; type: "direct" | "broadcast" | "help" };

/** Sends one message; all of its receivers get it in one transaction, under one id. */
export default defineCommand({
  description:
    "The receivers get it all at once or not at all. A member that is away finds it later.",
  options: OPTIONS,
  positionals: [{ name: "-", help: "Read what to say from stdin", optional: true, choices: ["-"] }],
  examples: [
    {
      says: "To one member",
      command: 'claude-orchestrator send-message --to-name Jerry --content "The API is ready"',
    },
    {
      says: "To everybody, from a file",
      command: "claude-orchestrator send-message --broadcast --file notes.md",
    },
    {
      says: "From a pipe",
      command: "git diff | claude-orchestrator send-message --to-name Reviewer -",
    },
  ],
  output: { kind: "document", schema: async () => (await import("../schemas.ts")).SentOutput },
  run: async (deps, options, positionals) => {
    const given = {
      ...(options["reply-to"] === undefined ? {} : { reply_to: messageId(options["reply-to"]) }),
      ...(options["task-id"] === undefined ? {} : { task_id: taskId(options["task-id"]) }),
    };
    checkReceivers(options);
    const content = await readText(deps.host, {
      option: "content",
      text: options.content,
      file: options.file,
      positionals,
      maxBytes: MAX_TEXT_BYTES,
    });
    const receivers = await receiversOf(deps, options);
    const expiry = options.expires;
    const expires = expiry === undefined
      ? {}
      : { expires_in_ms: "in" in expiry ? expiry.in : expiry.at - (await deps.clock()).now() };
    await send(deps, { ...receivers, ...given, ...expires, content });
  },
});

/** Throws USAGE unless there is exactly one way of saying who is meant. */
function checkReceivers(options: Values<typeof OPTIONS>): void {
  const ways = [
    options.to.length > 0,
    options["to-name"] !== undefined,
    options.broadcast,
    options["help-request"] || options["request-help"],
  ].filter(Boolean).length;
  // Upstream's calls for help may also say --broadcast, which changes nothing.
  if (ways === 1 || (ways === 2 && options.broadcast && isHelp(options))) return;
  const problem = ways === 0 ? "Nobody is named to send it to" : "Several receivers are named";
  throw new OrchestratorError("USAGE", problem, {
    hint: "Give one of --to, --to-name, --broadcast, --help-request",
  });
}

function isHelp(options: Values<typeof OPTIONS>): boolean {
  return options["help-request"] || options["request-help"];
}

async function receiversOf(deps: Deps, options: Values<typeof OPTIONS>): Promise<Receivers> {
  if (isHelp(options)) return { to: "everyone", type: "help" };
  const name = options["to-name"]?.replace(/^@/, "");
  if (options.broadcast || name?.toLowerCase() === "all") {
    return { to: "everyone", type: "broadcast" };
  }
  if (name === undefined) return { to: options.to.map(instanceId), type: "direct" };
  const member = await (await deps.team()).members.find(name);
  return { to: [member.id], type: "direct" };
}
