/** Numbers of the wire protocol, after `ZooDefs.OpCode` of ZooKeeper 3.8. */
export const OpCode = {
  notification: 0,
  create: 1,
  delete: 2,
  exists: 3,
  getData: 4,
  setData: 5,
  getAcl: 6,
  setAcl: 7,
  getChildren: 8,
  sync: 9,
  ping: 11,
  getChildren2: 12,
  check: 13,
  multi: 14,
  create2: 15,
  reconfig: 16,
  checkWatches: 17,
  removeWatches: 18,
  createContainer: 19,
  deleteContainer: 20,
  createTtl: 21,
  multiRead: 22,
  auth: 100,
  setWatches: 101,
  getEphemerals: 103,
  getAllChildrenNumber: 104,
  setWatches2: 105,
  addWatch: 106,
  whoAmI: 107,
  createSession: -10,
  closeSession: -11,
  error: -1,
} as const;

/** Ids of requests and replies that stand outside the numbered sequence (`ClientCnxn`). */
export const Xid = { notification: -1, ping: -2, auth: -4 } as const;

/** `CreateMode.toFlag()`. */
export const CreateFlag = {
  persistent: 0,
  ephemeral: 1,
  persistent_sequential: 2,
  ephemeral_sequential: 3,
  container: 4,
  persistent_ttl: 5,
  persistent_sequential_ttl: 6,
} as const;

/** `Watcher.Event.EventType`, as far as servers send them. */
export const EventType = { created: 1, deleted: 2, changed: 3, childrenChanged: 4 } as const;

/** `AddWatchMode.getMode()`. */
export const AddWatchMode = { persistent: 0, persistentRecursive: 1 } as const;

/** `Watcher.WatcherType.getIntValue()`. */
export const WatcherType = { children: 1, data: 2, any: 3 } as const;

/** What an operation is called in an error message. */
const VERBS: Readonly<Record<number, string>> = {
  [OpCode.create2]: "create",
  [OpCode.createContainer]: "create",
  [OpCode.createTtl]: "create",
  [OpCode.delete]: "delete",
  [OpCode.exists]: "look up",
  [OpCode.getData]: "read",
  [OpCode.setData]: "write",
  [OpCode.getAcl]: "read the ACL of",
  [OpCode.setAcl]: "change the ACL of",
  [OpCode.getChildren2]: "list",
  [OpCode.sync]: "sync",
  [OpCode.multi]: "carry out a transaction",
  [OpCode.multiRead]: "carry out a group of reads",
  [OpCode.addWatch]: "watch",
  [OpCode.removeWatches]: "stop watching",
  [OpCode.getEphemerals]: "list the ephemeral nodes below",
  [OpCode.getAllChildrenNumber]: "count the nodes below",
  [OpCode.setWatches]: "restore watches",
  [OpCode.setWatches2]: "restore watches",
  [OpCode.closeSession]: "close the session",
};

/** The verb for an opcode: `create`, `read`, … */
export function verbOf(opCode: number): string {
  return VERBS[opCode] ?? `carry out operation ${opCode}`;
}
