import { Buffer } from "node:buffer";
import { once } from "node:events";
import zookeeper from "node-zookeeper-client";
import { DATA, keepBusy, type Kind, multiPath, nodePath, readLoad, serve } from "./load.ts";

const { host, port, root, outstanding } = readLoad();
const client = zookeeper.createClient(`${host}:${port}`);
client.connect();
await once(client, "connected");
const data = Buffer.from(DATA);

type Done = (error?: unknown) => void;

const OPERATIONS: Record<Kind, (index: number, done: Done) => void> = {
  create: (index, done) => client.create(nodePath(root, index), data, done),
  get: (index, done) => client.getData(nodePath(root, index), done),
  multi: (index, done) =>
    client.transaction().check(nodePath(root, index), 0).setData(nodePath(root, index), data, -1)
      .create(multiPath(root, index), data).commit(done),
  delete: (index, done) => client.remove(nodePath(root, index), -1, done),
};

await serve((kind, from, to) => keepBusy(from, to, outstanding, OPERATIONS[kind]));
client.close();
