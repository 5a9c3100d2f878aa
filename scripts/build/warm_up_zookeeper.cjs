"use strict";
// A ZooKeeper in memory, just true enough for the commands of the warm-up: a tree, versions, sequence
// numbers, transactions; no watches, sessions or ACLs. The build must not need a Java server. Frames
// are a 32-bit length and a body, integers big-endian (zookeeper.jute of Apache ZooKeeper 3.8).

const { createServer } = require("node:net");

const NO_NODE = -101;
const BAD_VERSION = -103;
const NODE_EXISTS = -110;
const NOT_EMPTY = -111;
const ROLLED_BACK = -2;
const UNIMPLEMENTED = -6;

class Failure extends Error {
  constructor(code) {
    super(`ZooKeeper error ${code}`);
    this.code = code;
  }
}

const int = (value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const long = (value) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
};
const data = (bytes) => Buffer.concat([int(bytes.length), bytes]);
const text = (value) => data(Buffer.from(value));
const texts = (values) => Buffer.concat([int(values.length), ...values.map(text)]);
const header = (type, done, error) =>
  Buffer.concat([int(type), Buffer.of(done ? 1 : 0), int(error)]);

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }
  int() {
    this.at += 4;
    return this.bytes.readInt32BE(this.at - 4);
  }
  flag() {
    return this.bytes[this.at++] === 1;
  }
  data() {
    const length = Math.max(0, this.int());
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
  text() {
    return this.data().toString();
  }
  skipAcl() {
    for (let left = this.int(); left > 0; left--) {
      this.int();
      this.data();
      this.data();
    }
  }
}

class Tree {
  nodes = new Map([["/", { data: Buffer.alloc(0), version: 0, sequence: 0 }]]);
  zxid = 0;

  get(path) {
    const node = this.nodes.get(path);
    if (node === undefined) throw new Failure(NO_NODE);
    return node;
  }
  at(path, version) {
    const node = this.get(path);
    if (version !== -1 && version !== node.version) throw new Failure(BAD_VERSION);
    return node;
  }
  children(path) {
    this.get(path);
    const prefix = path === "/" ? "/" : `${path}/`;
    return [...this.nodes.keys()]
      .filter((each) => each !== "/" && each.startsWith(prefix))
      .map((each) => each.slice(prefix.length))
      .filter((name) => !name.includes("/"));
  }
  stat(path) {
    const { data, version } = this.get(path);
    const { zxid } = this;
    return Buffer.concat([
      ...[zxid, zxid, Date.now(), Date.now()].map(long),
      ...[version, 0, 0].map(int),
      long(0),
      int(data.length),
      int(this.children(path).length),
      long(zxid),
    ]);
  }
  create(path, data, flags) {
    const parent = this.get(path.slice(0, path.lastIndexOf("/")) || "/");
    const sequential = [2, 3, 6].includes(flags);
    const name = sequential ? path + String(parent.sequence++).padStart(10, "0") : path;
    if (this.nodes.has(name)) throw new Failure(NODE_EXISTS);
    this.nodes.set(name, { data, version: 0, sequence: 0 });
    return name;
  }
  delete(path, version) {
    this.at(path, version);
    if (this.children(path).length > 0) throw new Failure(NOT_EMPTY);
    this.nodes.delete(path);
  }
  set(path, data, version) {
    const node = this.at(path, version);
    this.nodes.set(path, { ...node, data, version: node.version + 1 });
  }
}

const OPEN_ACL = Buffer.concat([int(1), int(31), text("world"), text("anyone")]);

/** The body of the reply to one operation. Throws Failure. */
function answer(tree, type, request) {
  switch (type) {
    case 1: // create
    case 15: // create2
    case 19: // createContainer
    case 21: { // createTTL
      const [path, content] = [request.text(), request.data()];
      request.skipAcl();
      const flags = request.int();
      if (type === 21) request.at += 8;
      const name = tree.create(path, content, flags);
      return type === 1 ? text(name) : Buffer.concat([text(name), tree.stat(name)]);
    }
    case 2: // delete
      tree.delete(request.text(), request.int());
      return Buffer.alloc(0);
    case 3: // exists
      return tree.stat(request.text());
    case 4: { // getData
      const [path] = [request.text(), request.flag()];
      return Buffer.concat([data(tree.get(path).data), tree.stat(path)]);
    }
    case 5: { // setData
      const path = request.text();
      tree.set(path, request.data(), request.int());
      return tree.stat(path);
    }
    case 6: // getACL
      return Buffer.concat([OPEN_ACL, tree.stat(request.text())]);
    case 8: // getChildren
    case 12: { // getChildren2
      const [path] = [request.text(), request.flag()];
      const children = texts(tree.children(path));
      return type === 8 ? children : Buffer.concat([children, tree.stat(path)]);
    }
    case 9: // sync
      return text(request.text());
    case 13: // check
      tree.at(request.text(), request.int());
      return Buffer.alloc(0);
    case 14:
      return transaction(tree, request);
    case 22:
      return reads(tree, request);
    case 11: // ping
    case -11: // closeSession
    case 106: // addWatch
      return Buffer.alloc(0);
    default:
      throw new Failure(UNIMPLEMENTED);
  }
}

function* parts(request) {
  for (;;) {
    const [type, done] = [request.int(), request.flag(), request.int()];
    if (done) return;
    yield type;
  }
}

const END = header(-1, true, -1);
const failed = (code) => Buffer.concat([header(-1, false, code), int(code)]);

/** All or nothing; where it fails, each part says whether it was the one. */
function transaction(tree, request) {
  const before = new Map(tree.nodes);
  const done = [];
  const types = parts(request);
  try {
    for (const type of types) {
      done.push(Buffer.concat([header(type, false, 0), answer(tree, type, request)]));
    }
    return Buffer.concat([...done, END]);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    tree.nodes = before;
    return Buffer.concat([
      ...done.map(() => failed(0)),
      failed(error.code),
      failed(ROLLED_BACK),
      END,
    ]);
  }
}

function reads(tree, request) {
  const results = [];
  for (const type of parts(request)) {
    try {
      results.push(Buffer.concat([header(type, false, 0), answer(tree, type, request)]));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      results.push(failed(error.code));
    }
  }
  return Buffer.concat([...results, END]);
}

function reply(tree, frame) {
  const request = new Reader(frame);
  const [xid, type] = [request.int(), request.int()];
  tree.zxid++;
  try {
    const body = answer(tree, type, request);
    return Buffer.concat([int(xid), long(tree.zxid), int(0), body]);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return Buffer.concat([int(xid), long(tree.zxid), int(error.code)]);
  }
}

const CONNECTED = Buffer.concat([
  int(0),
  int(10_000),
  long(1),
  data(Buffer.alloc(16)),
  Buffer.of(0),
]);

function serve(tree, socket) {
  let received = Buffer.alloc(0);
  let connected = false;
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk) => {
    received = Buffer.concat([received, chunk]);
    if (received.subarray(0, 4).toString() === "srvr") {
      return socket.end("Zookeeper version: 3.8.0, built on 2022-02-25 08:49 UTC\n");
    }
    while (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) {
      const frame = received.subarray(4, 4 + received.readInt32BE(0));
      received = received.subarray(4 + frame.length);
      socket.write(data(connected ? reply(tree, frame) : CONNECTED));
      connected = true;
    }
  });
}

/**
 * Listens on a free port of the loopback interface.
 *
 * @returns {Promise<{hosts: string, close: () => void}>}
 */
exports.startTree = () =>
  new Promise((resolve, reject) => {
    const tree = new Tree();
    const server = createServer((socket) => serve(tree, socket));
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      resolve({ hosts: `127.0.0.1:${server.address().port}`, close: () => server.close() });
    });
  });
