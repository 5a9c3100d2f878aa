import type { Environment } from "../../zookeeper/environment.ts";
import { dial } from "./socket.ts";
import { systemClock } from "./system_clock.ts";
import { systemRandom } from "./system_random.ts";

/** What the ZooKeeper client needs, from the machine itself: under Node and under Deno. */
export const nodeEnvironment: Environment = {
  clock: systemClock,
  random: () => systemRandom.next(),
  dial,
};
