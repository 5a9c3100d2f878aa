import type { Hub } from "./hub.ts";
import { statisticsOf } from "./server_statistics.ts";

/** The release of ZooKeeper whose behaviour this server follows. */
const VERSION = "3.8.0-embedded, built on an unknown date";

/** ZooKeeper counts the root twice: by its path, and by the empty one. */
const ROOT_AGAIN = 1;

/** The answer to a four-letter word that came where the first length should; null for any other. */
export function fourLetters(length: number, hub: Hub): string | null {
  const word = String.fromCharCode(
    length >>> 24,
    (length >>> 16) & 0xff,
    (length >>> 8) & 0xff,
    length & 0xff,
  );
  return WORDS.get(word)?.(hub) ?? null;
}

const WORDS: ReadonlyMap<string, (hub: Hub) => string> = new Map([
  ["ruok", () => "imok"],
  ["isro", () => "rw"],
  ["envi", () => `Environment:\nzookeeper.version=${VERSION}\nhost.name=localhost\n`],
  ["srvr", (hub: Hub) => `Zookeeper version: ${VERSION}\n${state(hub)}`],
  [
    "stat",
    (hub: Hub) => `Zookeeper version: ${VERSION}\nClients:\n${clients(hub)}\n\n${state(hub)}`,
  ],
  ["cons", (hub: Hub) => `${clients(hub)}\n`],
  ["mntr", monitored],
  ["conf", configuration],
]);

/** As `ServerStats.toString`. */
function state(hub: Hub): string {
  const { latency, received, sent, connections, outstanding, zxid, nodes } = statisticsOf(hub);
  return [
    `Latency min/avg/max: ${latency.min}/${latency.average.toFixed(4)}/${latency.max}`,
    `Received: ${received}`,
    `Sent: ${sent}`,
    `Connections: ${connections}`,
    `Outstanding: ${outstanding}`,
    `Zxid: 0x${zxid.toString(16)}`,
    "Mode: standalone",
    `Node count: ${nodes + ROOT_AGAIN}`,
    "",
  ].join("\n");
}

function clients(hub: Hub): string {
  return [...hub.connections].map(({ summary }) => ` ${summary}\n`).join("");
}

/** As `ServerMetrics` names things, as far as they exist here. */
function monitored(hub: Hub): string {
  const all = statisticsOf(hub);
  const values: Readonly<Record<string, string | number>> = {
    version: VERSION,
    server_state: "standalone",
    avg_latency: all.latency.average.toFixed(4),
    min_latency: all.latency.min,
    max_latency: all.latency.max,
    packets_received: all.received,
    packets_sent: all.sent,
    num_alive_connections: all.connections,
    outstanding_requests: all.outstanding,
    znode_count: all.nodes + ROOT_AGAIN,
    watch_count: all.watches,
    ephemerals_count: all.ephemerals,
    global_sessions: all.sessions,
    approximate_data_size: all.dataBytes,
    uptime: Math.round(all.uptimeMs),
    log_size: all.logBytes,
    writes_refused: all.refusal === null ? 0 : 1,
  };
  return Object.entries(values).map(([name, value]) => `zk_${name}\t${value}\n`).join("");
}

/** As `ZooKeeperServer.dumpConf`; the directories are those of the storage. */
function configuration({ options, address, dataDirectory }: Hub): string {
  const values: Readonly<Record<string, string | number>> = {
    clientPort: address.port,
    secureClientPort: -1,
    dataDir: dataDirectory,
    dataLogDir: dataDirectory,
    tickTime: options.tickMs,
    maxClientCnxns: 0,
    minSessionTimeout: options.minSessionTimeoutMs,
    maxSessionTimeout: options.maxSessionTimeoutMs,
    serverId: 0,
  };
  return Object.entries(values).map(([name, value]) => `${name}=${value}\n`).join("");
}
