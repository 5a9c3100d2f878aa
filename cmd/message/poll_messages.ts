import { defineCommand } from "../cli/command.ts";
import { requireActor } from "../identity.ts";
import { LIMIT } from "../listing.ts";
import { MESSAGE_COLUMNS, messageView } from "./view.ts";

/** Lists the inbox; reading a message does not mark it. */
export default defineCommand({
  description: "Unread messages, oldest first. Only --mark-read marks them as read.",
  options: {
    all: { type: "flag", help: "Read messages too" },
    limit: LIMIT,
    "mark-read": { type: "flag", help: "Mark what is printed as read" },
  },
  examples: [
    { says: "What is new", command: "claude-orchestrator poll-messages --mark-read" },
    {
      says: "Who asked for help",
      command:
        "claude-orchestrator poll-messages | jq -r '.[] | select(.type == \"help\") | .from_name'",
    },
  ],
  output: { kind: "list", schema: async () => (await import("../schemas.ts")).MessageList },
  run: async (deps, options) => {
    const [team, me] = await Promise.all([deps.team(), requireActor(deps)]);
    const { messages, corrupt } = await team.inbox.poll(me.id, {
      all: options.all,
      ...(options.limit === undefined ? {} : { limit: options.limit }),
    });
    for (const node of corrupt) deps.out.leftOut(node);
    await deps.out.list(messages.map(messageView), MESSAGE_COLUMNS);
    if (!options["mark-read"]) return;
    for (const message of messages.filter(({ read }) => !read)) {
      await team.inbox.markRead(me.id, message.id);
    }
  },
});
