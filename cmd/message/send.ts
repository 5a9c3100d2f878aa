import type { NewMessage } from "../../src/coordination/message_sending.ts";
import type { Deps } from "../cli/command.ts";
import { knownActor } from "../identity.ts";

/** Name of a sender without an identity: a person at a prompt, a script. */
const NAMELESS = "CLI";

/** Sends as whoever is acting, and prints whom it went to. */
export async function send(deps: Deps, message: Omit<NewMessage, "from">): Promise<void> {
  const [team, sender] = await Promise.all([deps.team(), knownActor(deps)]);
  const from = sender.id === "" ? { id: sender.id, name: NAMELESS } : sender;
  const sent = await team.inbox.send({ ...message, from });
  for (const id of sent.skipped) {
    deps.out.warn({ code: "INBOX_FULL", message: `Not sent to ${id}: its inbox is full`, id });
  }
  await deps.out.document({
    v: 1,
    message_id: sent.sent_to.length > 0 ? sent.id : null,
    sent_to: sent.sent_to,
    message_count: sent.sent_to.length,
  });
}
