import { OrchestratorError } from "../../src/domain/errors.ts";
import { defineCommand } from "../cli/command.ts";
import { requireActor } from "../identity.ts";
import { messageId } from "../ids.ts";
import { MESSAGE_ID } from "./options.ts";

/** Removes a message for good; one that is not there is MESSAGE_NOT_FOUND. */
export default defineCommand({
  options: { ...MESSAGE_ID },
  examples: [{
    says: "Not wanted any more",
    command: "claude-orchestrator dismiss-message --message-id msg-0000000001",
  }],
  output: {
    kind: "document",
    schema: async () => (await import("../schemas.ts")).MessageStatusOutput,
  },
  run: async (deps, options) => {
    const id = messageId(options["message-id"]);
    const [team, me] = await Promise.all([deps.team(), requireActor(deps)]);
    if (!await team.inbox.dismiss(me.id, id)) {
      throw new OrchestratorError("MESSAGE_NOT_FOUND", `Cannot find message "${id}"`, {
        hint: "poll-messages --all lists what is in the inbox",
        details: { message_id: id },
      });
    }
    await deps.out.document({ v: 1, status: "dismissed", message_id: id });
  },
});
