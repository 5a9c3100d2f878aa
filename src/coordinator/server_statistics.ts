import type { Hub } from "./hub.ts";
import type { CoordinatorStatistics } from "./statistics.ts";

/** What there is to say of a server now. */
export function statisticsOf(hub: Hub): CoordinatorStatistics {
  const { state, pipeline, traffic, clock, environment } = hub;
  let ephemerals = 0;
  for (const paths of state.tree.ephemerals.values()) ephemerals += paths.size;
  return {
    startedAt: hub.startedAt,
    uptimeMs: clock.now() - hub.startedAt,
    connections: hub.connections.size,
    sessions: state.sessions.byId.size,
    nodes: state.tree.nodes.size,
    ephemerals,
    watches: state.watches.size,
    dataBytes: state.tree.dataBytes,
    logBytes: environment.storage.logBytes,
    zxid: state.lastZxid,
    received: traffic.received,
    sent: traffic.sent,
    outstanding: pipeline.outstanding,
    latency: traffic.latency(),
    refusal: pipeline.refusal,
  };
}
