import type { CreateMode } from "../zookeeper/zookeeper.ts";

/**
 * How a directory of the tree is made, by its segments below the root. What lies inside an index of
 * tasks is a container, which the server removes once it is empty; everything else stays, because its
 * sequence numbers and versions must not begin anew.
 */
export function directoryMode(segments: readonly string[]): CreateMode {
  return segments[0] === "tasks" && segments.length > 2 ? "container" : "persistent";
}
