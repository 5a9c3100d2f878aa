import { nodeEnvironment } from "../../src/platform/node/environment.ts";
import { connect } from "../../src/zookeeper/client.ts";
import { DATA, keepBusy, type Kind, multiPath, nodePath, readLoad, serve } from "./load.ts";

const { host, port, root, outstanding } = readLoad();
const zk = await connect({ hosts: `${host}:${port}` }, nodeEnvironment);

const OPERATIONS: Record<Kind, (index: number) => Promise<unknown>> = {
  create: (index) => zk.create(nodePath(root, index), DATA),
  get: (index) => zk.getData(nodePath(root, index)),
  multi: (index) =>
    zk.multi([
      { type: "check", path: nodePath(root, index), version: 0 },
      { type: "set", path: nodePath(root, index), data: DATA },
      { type: "create", path: multiPath(root, index), data: DATA },
    ]),
  delete: (index) => zk.delete(nodePath(root, index)),
};

await serve((kind, from, to) =>
  keepBusy(from, to, outstanding, (index, done) => {
    OPERATIONS[kind](index).then(() => done(), done);
  })
);
await zk.close();
