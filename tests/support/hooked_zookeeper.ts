import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";

/** A client on which something happens before each operation of one name. */
export function hookedZooKeeper(
  inner: ZooKeeper,
  operation: keyof ZooKeeper,
  hook: () => Promise<unknown>,
): ZooKeeper {
  return new Proxy(inner, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      if (name !== operation) return value.bind(target);
      return async (...args: unknown[]) => {
        await hook();
        return await Reflect.apply(value, target, args);
      };
    },
  });
}
