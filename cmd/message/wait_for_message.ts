import { defineCommand } from "../cli/command.ts";
import { requireActor } from "../identity.ts";
import { messageId } from "../ids.ts";
import { MESSAGE_COLUMNS, messageView } from "./view.ts";

/** ms, unless --timeout says otherwise. */
const DEFAULT_WAIT_MS = 60_000;

/** Waits until an unread message is there. */
export default defineCommand({
  description:
    "Returns at once where an unread message is already there; else with the first that arrives. " +
    "None in time (--timeout, default 60s) is status 124. It marks nothing as read.",
  options: {
    from: {
      type: "text",
      placeholder: "id|name",
      completes: "member",
      help: "Only from this member",
    },
    "reply-to": {
      type: "text",
      placeholder: "id",
      completes: "message",
      help: "Only an answer to this message",
    },
  },
  examples: [{
    says: "Ask, and wait for the answer",
    command: "claude-orchestrator wait-for-message --reply-to msg-0000000007 --timeout 5m",
  }],
  output: { kind: "list", schema: async () => (await import("../schemas.ts")).MessageList },
  deadlineMs: DEFAULT_WAIT_MS,
  run: async (deps, options) => {
    const replyTo = options["reply-to"] === undefined ? undefined : messageId(options["reply-to"]);
    const [team, me] = await Promise.all([deps.team(), requireActor(deps)]);
    const from = options.from === undefined ? undefined : await team.members.find(options.from);
    const filter = {
      ...(from === undefined ? {} : { from: from.id }),
      ...(replyTo === undefined ? {} : { replyTo }),
    };
    const messages = await team.inbox.wait(me.id, filter, deps.signal);
    await deps.out.list(messages.map(messageView), MESSAGE_COLUMNS);
  },
});
