import { type ConnectRequest, connectRequest } from "../zookeeper/protocol/connect.ts";
import { OpCode } from "../zookeeper/protocol/opcodes.ts";
import type { Channel } from "./channel.ts";
import { ClientSession } from "./client_session.ts";
import type { Hub } from "./hub.ts";
import { Session } from "./session.ts";
import { sendSession } from "./session_answer.ts";

const NO_PASSWORD = new Uint8Array(16);

/**
 * Answers the first frame of a channel, which the hub's reader stands on, after
 * `ZooKeeperServer.processConnectRequest`. A client that has seen a later transaction than there is
 * here belongs elsewhere, and is turned away; one whose session is gone is told so. Null for both.
 */
export function answerGreeting(hub: Hub, channel: Channel): ClientSession | null {
  const greeting = connectRequest.read(hub.reader);
  if (greeting.lastZxidSeen > hub.state.lastZxid) {
    channel.destroy();
    return null;
  }
  const timeoutMs = Math.min(
    Math.max(greeting.timeoutMs, hub.options.minSessionTimeoutMs),
    hub.options.maxSessionTimeoutMs,
  );
  if (greeting.sessionId === 0n) return beginSession(hub, channel, timeoutMs);
  const session = knownSession(hub, greeting);
  if (session === null) {
    sendSession(channel, 0n, 0, NO_PASSWORD);
    channel.end();
    return null;
  }
  session.attachment?.detached();
  session.currentTimeoutMs = timeoutMs;
  const client = new ClientSession(hub, channel, session);
  session.attachment = client;
  hub.state.sessions.touch(session, hub.now);
  sendSession(channel, session.id, timeoutMs, session.password);
  return client;
}

/** The session exists for those requests that follow at once; the answer waits for the disk. */
function beginSession(hub: Hub, channel: Channel, timeoutMs: number): ClientSession {
  const { pipeline, state, clock, environment } = hub;
  const session = new Session(
    state.sessions.takeId(),
    timeoutMs,
    bytesOf(environment.random.id()),
  );
  state.sessions.add(session);
  state.sessions.touch(session, hub.now);
  const client = new ClientSession(hub, channel, session);
  session.attachment = client;
  client.submit({
    zxid: pipeline.takeZxid(),
    time: clock.now(),
    session: session.id,
    cxid: 0,
    change: { type: OpCode.createSession, timeoutMs, password: session.password },
  });
  return client;
}

/** Null where it is unknown, about to end, or somebody else's. */
function knownSession(hub: Hub, { sessionId, password }: ConnectRequest): Session | null {
  const session = hub.state.sessions.byId.get(sessionId);
  if (session === undefined || session.closing) return null;
  return isEqual(session.password, password) ? session : null;
}

/** In the same time, whatever the first difference. */
function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  let difference = one.length ^ other.length;
  for (let i = 0; i < one.length; i++) difference |= (one[i] ?? 0) ^ (other[i] ?? 0);
  return difference === 0;
}

function bytesOf(hexadecimal: string): Uint8Array {
  return Uint8Array.from(hexadecimal.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}
