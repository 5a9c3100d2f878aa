import { defineCommand } from "../cli/command.ts";
import { requireActor } from "../identity.ts";
import { messageId } from "../ids.ts";
import { MESSAGE_ID } from "./options.ts";

/** Marks a message as read; one that is read already stays so. */
export default defineCommand({
  description: "Read messages are no longer listed, and are removed after a day.",
  options: { ...MESSAGE_ID },
  examples: [{
    says: "It is dealt with",
    command: "claude-orchestrator mark-read --message-id msg-0000000001",
  }],
  output: {
    kind: "document",
    schema: async () => (await import("../schemas.ts")).MessageStatusOutput,
  },
  run: async (deps, options) => {
    const id = messageId(options["message-id"]);
    const [team, me] = await Promise.all([deps.team(), requireActor(deps)]);
    await team.inbox.markRead(me.id, id);
    await deps.out.document({ v: 1, status: "read", message_id: id });
  },
});
