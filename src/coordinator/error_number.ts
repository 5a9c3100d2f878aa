/** Numbers of `KeeperException.Code` in ZooKeeper 3.8, as far as this server answers with them. */
export const ErrorNumber = {
  ok: 0,
  runtimeInconsistency: -2,
  marshallingError: -5,
  unimplemented: -6,
  badArguments: -8,
  noNode: -101,
  noAuth: -102,
  badVersion: -103,
  noChildrenForEphemerals: -108,
  nodeExists: -110,
  notEmpty: -111,
  sessionExpired: -112,
  invalidAcl: -114,
  authFailed: -115,
  noWatcher: -121,
  reconfigDisabled: -123,
  /** Also where the disk is full: nothing was carried out, and it may be tried again. */
  quotaExceeded: -125,
} as const;
