import { digestId } from "../../src/zookeeper/digest.ts";
import type { ConnectOptions } from "../../src/zookeeper/zookeeper.ts";

/**
 * How a client connects to a tree that is closed to others: as `user:password`, and creating nodes for
 * that user alone, as the commands do with `zookeeper.auth`. Without a credential: as anybody.
 */
export async function asUser(
  credential: string | undefined,
): Promise<Pick<ConnectOptions, "auth" | "defaultAcl">> {
  if (credential === undefined) return {};
  const at = credential.indexOf(":");
  const id = await digestId(credential.slice(0, at), credential.slice(at + 1));
  return {
    auth: [{ scheme: "digest", credential }],
    defaultAcl: [{ permissions: 31, scheme: "digest", id }],
  };
}
