import { connectResponse } from "../zookeeper/protocol/connect.ts";
import type { Channel } from "./channel.ts";

/** The answer to a greeting; a timeout of 0 says that there is no such session. */
export function sendSession(
  channel: Channel,
  sessionId: bigint,
  timeoutMs: number,
  password: Uint8Array,
): void {
  connectResponse.write(channel.packet(), {
    protocolVersion: 0,
    timeoutMs,
    sessionId,
    password,
    readOnly: false,
  });
  channel.sent();
}
