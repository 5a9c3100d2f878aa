/**
 * The floor: packets of bytes laid out beforehand, patched with their number, sent over a bare
 * socket; replies are counted and checked for an error, and otherwise not looked at. What a client
 * takes over this is the price of its promises, its paths and its decoding.
 */
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { connect } from "node:net";
import { DATA, type Kind, multiPath, nodePath, readLoad, serve } from "./load.ts";

const { host, port, root, outstanding } = readLoad();

const int = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const text = (value: string) => Buffer.concat([int(value.length), Buffer.from(value)]);
const data = Buffer.concat([int(DATA.length), DATA]);
const openAcl = Buffer.concat([int(1), int(31), text("world"), text("anyone")]);
const header = (type: number, done: boolean) =>
  Buffer.concat([int(type), Buffer.of(done ? 1 : 0), int(-1)]);

const node = text(nodePath(root, 0));
const create = (path: string) => Buffer.concat([text(path), data, openAcl, int(0)]);

/** Opcode and body of each kind, for the node of index 0. */
const BODIES: Record<Kind, readonly [opcode: number, body: Buffer]> = {
  create: [1, create(nodePath(root, 0))],
  get: [4, Buffer.concat([node, Buffer.of(0)])],
  multi: [
    14,
    Buffer.concat([
      header(13, false),
      node,
      int(0),
      header(5, false),
      node,
      data,
      int(-1),
      header(1, false),
      create(multiPath(root, 0)),
      header(-1, true),
    ]),
  ],
  delete: [2, Buffer.concat([node, int(-1)])],
};

const socket = connect({ host, port, noDelay: true });
await once(socket, "connect");
const hello = Buffer.concat([
  Buffer.alloc(12),
  int(10_000),
  Buffer.alloc(8),
  int(16),
  Buffer.alloc(16),
]);
socket.write(Buffer.concat([int(hello.length), hello]));
await once(socket, "data");

/** Where the seven digits of the index stand in a packet. */
function digitsIn(packet: Buffer): number[] {
  const found: number[] = [];
  for (let at = packet.indexOf("1000000"); at >= 0; at = packet.indexOf("1000000", at + 1)) {
    found.push(at);
  }
  return found;
}

function run(kind: Kind, from: number, to: number): Promise<void> {
  const [opcode, body] = BODIES[kind];
  const packet = Buffer.concat([int(8 + body.length), int(0), int(opcode), body]);
  const digits = digitsIn(packet);
  let next = from;
  let left = to - from;
  const send = (count: number) => {
    const batch = Buffer.allocUnsafe(count * packet.length);
    for (let i = 0; i < count; i++) {
      const start = i * packet.length;
      packet.copy(batch, start);
      batch.writeInt32BE(next + 1, start + 4);
      for (const at of digits) batch.write(String(1_000_000 + next), start + at, "latin1");
      next++;
    }
    socket.write(batch);
  };
  return new Promise((resolve, reject) => {
    let rest: Buffer = Buffer.alloc(0);
    const onData = (chunk: Buffer) => {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let offset = 0;
      let replies = 0;
      while (offset + 4 <= bytes.length) {
        const end = offset + 4 + bytes.readInt32BE(offset);
        if (end > bytes.length) break;
        if (bytes.readInt32BE(offset + 16) !== 0) return reject(new Error(`${kind} was refused`));
        replies++;
        offset = end;
      }
      rest = bytes.subarray(offset);
      left -= replies;
      if (left === 0) {
        socket.off("data", onData);
        resolve();
      } else if (next < to && replies > 0) send(Math.min(replies, to - next));
    };
    socket.on("data", onData);
    send(Math.min(outstanding, to - from));
  });
}

await serve(run);
socket.destroy();
