import { OpCode } from "../zookeeper/protocol/opcodes.ts";
import type { Hub } from "./hub.ts";
import type { Requester } from "./pipeline.ts";
import { expectDeletion } from "./preparation.ts";
import type { Session } from "./session.ts";
import type { Transaction } from "./transaction.ts";

/**
 * The transaction that ends a session, with its ephemeral nodes, those that are decided and not there
 * yet included. From now on its requests are refused.
 */
export function endSession(hub: Hub, session: Session, cxid: number): Transaction {
  const { pipeline, clock } = hub;
  const zxid = pipeline.takeZxid();
  const paths = pipeline.expectation.ownedBy(session.id);
  for (const path of paths) expectDeletion(pipeline.expectation, path, zxid);
  session.closing = true;
  return {
    zxid,
    time: clock.now(),
    session: session.id,
    cxid,
    change: { type: OpCode.closeSession, paths },
  };
}

/** Ends the sessions whose time is over; whoever is connected in their name is cut off. */
export function expireSessions(hub: Hub): void {
  for (const session of hub.state.sessions.takeExpired(hub.now)) {
    if (!session.closing) hub.pipeline.submit(endSession(hub, session, 0), expiry(hub, session));
  }
}

function expiry(hub: Hub, session: Session): Requester {
  return {
    carriedOut: () => session.attachment?.detached(),
    refused: () => reviveSession(hub, session),
  };
}

/** The end of a session could not be kept: it lives on, and is tried again after its timeout. */
export function reviveSession(hub: Hub, session: Session): void {
  session.closing = false;
  hub.state.sessions.touch(session, hub.now);
}
