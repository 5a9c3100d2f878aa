import type { Op, ZooKeeper } from "../../src/zookeeper/zookeeper.ts";

/**
 * A client on which somebody else acts at the worst moment: after everything was read and decided,
 * just before the first transaction that changes a path with this part in it.
 */
export function meddlingZooKeeper(
  inner: ZooKeeper,
  part: string,
  meddle: () => Promise<unknown>,
): ZooKeeper {
  let hasMeddled = false;
  return new Proxy(inner, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      if (name !== "multi") return value.bind(target);
      return async (ops: readonly Op[]) => {
        if (!hasMeddled && ops.some((op) => op.type !== "check" && op.path.includes(part))) {
          hasMeddled = true;
          await meddle();
        }
        return await target.multi(ops);
      };
    },
  });
}
