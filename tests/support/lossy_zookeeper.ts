import type { Random } from "../../src/platform/random.ts";
import { ZooKeeperError } from "../../src/zookeeper/errors.ts";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";

const OPERATIONS: ReadonlySet<string | symbol> = new Set<keyof ZooKeeper>([
  "create",
  "delete",
  "setData",
  "multi",
  "exists",
  "getData",
  "getChildren",
  "sync",
]);

/**
 * A client that loses the reply of one operation in so many, at random: of one half of them before
 * the server has carried it out, of the other after.
 */
export function lossyZooKeeper(inner: ZooKeeper, random: Random, oneIn: number): ZooKeeper {
  return new Proxy(inner, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      if (!OPERATIONS.has(name)) return value.bind(target);
      return async (...args: unknown[]) => {
        const isLost = random.next() * oneIn < 1;
        const isDone = !isLost || random.next() < 0.5;
        const call = async () => await Reflect.apply(value, target, args);
        if (!isLost) return await call();
        if (isDone) await call().catch(() => {});
        throw new ZooKeeperError("CONNECTION_LOSS", "Lost at random", { outcome: "unknown" });
      };
    },
  });
}
