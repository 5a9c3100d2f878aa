import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";

/** A client on which every operation takes so many ms longer, so that rounds can be counted in time. */
export function slowZooKeeper(inner: ZooKeeper, ms: number): ZooKeeper {
  return new Proxy(inner, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      if (name === "onStateChange") return value.bind(target);
      return async (...args: unknown[]) => {
        await new Promise((resolve) => setTimeout(resolve, ms));
        return await Reflect.apply(value, target, args);
      };
    },
  });
}
