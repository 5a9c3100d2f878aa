import type { Config } from "../src/config/load.ts";
import { readTls } from "../src/config/tls.ts";
import type { Files } from "../src/platform/files.ts";
import { nodeEnvironment } from "../src/platform/node/environment.ts";
import { connect } from "../src/zookeeper/client.ts";
import { digestId } from "../src/zookeeper/digest.ts";
import type { Acl, ConnectOptions, ZooKeeper } from "../src/zookeeper/zookeeper.ts";

const ALL_PERMISSIONS = 31;

/** ms without a reply, on a connection that stands, after which an operation counts as lost. */
const OPERATION_TIMEOUT_MS = 15_000;

/**
 * Connects as the configuration says: servers, credentials (then every node is created for them
 * alone), TLS. `timeoutMs` shortens the connect timeout, never lengthens it.
 */
export async function connectFromConfig(
  config: Config,
  files: Files,
  timeoutMs: number | undefined,
  overrides: Partial<ConnectOptions> = {},
): Promise<ZooKeeper> {
  const credential = config.value("zookeeper.auth");
  const tls = readTls(config, files);
  const options: ConnectOptions = {
    hosts: config.value("zookeeper.url"),
    sessionTimeoutMs: config.value("limits.session_timeout"),
    connectTimeoutMs: Math.min(config.value("limits.connect_timeout"), timeoutMs ?? Infinity),
    operationTimeoutMs: OPERATION_TIMEOUT_MS,
    ...(credential === null ? {} : {
      auth: [{ scheme: "digest", credential }],
      defaultAcl: await teamAcl(config),
    }),
    ...(tls === undefined ? {} : { tls }),
    ...overrides,
  };
  return await connect(options, nodeEnvironment);
}

/** What every node of the team is created with: for its own user alone, or for everybody. */
export async function teamAcl(config: Config): Promise<Acl[]> {
  const credential = config.value("zookeeper.auth");
  if (credential === null) return [{ permissions: ALL_PERMISSIONS, scheme: "world", id: "anyone" }];
  const at = credential.indexOf(":");
  const id = await digestId(credential.slice(0, at), credential.slice(at + 1));
  return [{ permissions: ALL_PERMISSIONS, scheme: "digest", id }];
}
