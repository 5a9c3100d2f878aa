import type { ZooKeeper } from "../zookeeper/zookeeper.ts";

/**
 * What `trying` comes to. Once the signal is aborted that is waited for only while the connection stands:
 * where it is away, what was asked for may take a session timeout to fail, and this rejects at once with
 * the signal's reason, while `trying` goes on unseen.
 */
export async function unlessAbandoned<Result>(
  zk: ZooKeeper,
  trying: Promise<Result>,
  signal: AbortSignal,
): Promise<Result> {
  const listening = new AbortController();
  const abandoned = new Promise<never>((_, reject) => {
    const look = () => {
      if (signal.aborted && zk.state !== "connected") reject(signal.reason);
    };
    const unsubscribe = zk.onStateChange(look);
    listening.signal.addEventListener("abort", unsubscribe, { once: true });
    signal.addEventListener("abort", look, { signal: listening.signal });
    look();
  });
  try {
    return await Promise.race([trying, abandoned]);
  } finally {
    listening.abort();
  }
}
