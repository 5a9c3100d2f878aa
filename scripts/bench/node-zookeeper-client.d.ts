/** What the comparison uses of a package that has no types of its own. */
declare module "node-zookeeper-client" {
  import type { Buffer } from "node:buffer";
  import type { EventEmitter } from "node:events";

  type Done = (error?: unknown) => void;

  interface Transaction {
    check(path: string, version: number): Transaction;
    setData(path: string, data: Buffer, version: number): Transaction;
    create(path: string, data: Buffer): Transaction;
    commit(done: Done): void;
  }

  interface Client extends EventEmitter {
    connect(): void;
    close(): void;
    create(path: string, data: Buffer, done: Done): void;
    getData(path: string, done: Done): void;
    remove(path: string, version: number, done: Done): void;
    transaction(): Transaction;
  }

  const zookeeper: { createClient(hosts: string): Client };
  export default zookeeper;
}
