import { FleetPause } from "../domain/pause.ts";
import type { Clock } from "../platform/clock.ts";
import type { CorruptNode } from "./commit_once.ts";
import type { Tree } from "./tree.ts";

/**
 * The pause that stands; null where there is none, or its time is over by `clock`. One that does not
 * parse is reported and stops nobody. Throws ZooKeeperError.
 */
export async function standingPause(
  tree: Tree,
  clock: Clock,
  onCorrupt: (node: CorruptNode) => void,
): Promise<FleetPause | null> {
  const read = await tree.read(tree.path("pause"), FleetPause);
  if (read.kind === "corrupt") onCorrupt(read);
  if (read.kind !== "found" || Date.parse(read.value.until) <= clock.now()) return null;
  return read.value;
}
