import { multiReply } from "../zookeeper/protocol/multi.ts";
import { OpCode } from "../zookeeper/protocol/opcodes.ts";
import * as replies from "../zookeeper/protocol/replies.ts";
import type { Channel } from "./channel.ts";
import { ErrorNumber } from "./error_number.ts";
import type { Effect } from "./state.ts";
import type { Change, MultiChange } from "./transaction.ts";
import { TreeNode } from "./tree_node.ts";

/**
 * Answers a request that was carried out, after `FinalRequestProcessor`. The nodes are written as
 * they are, so this must be called before the next transaction is carried out.
 */
export function writeReply(
  channel: Channel,
  xid: number,
  zxid: number,
  change: Change | MultiChange,
  effect: Effect,
): void {
  if (change.type === OpCode.error) return channel.sendHeader(xid, zxid, change.error);
  const writer = channel.reply(xid, zxid, ErrorNumber.ok);
  if (change.type === OpCode.multi) {
    if (Array.isArray(effect)) multiReply.write(writer, effect);
  } else if (effect instanceof TreeNode) {
    switch (change.type) {
      case OpCode.create:
        replies.pathReply.write(writer, change);
        break;
      case OpCode.create2:
      case OpCode.createContainer:
        replies.create2Reply.write(writer, { path: change.path, stat: effect });
        break;
      // ZooKeeper 3.8 gives no answer to a `check` that holds, outside of a transaction; a stat is
      // what it means to answer.
      default:
        replies.statReply.write(writer, effect);
    }
  }
  channel.sent();
}
