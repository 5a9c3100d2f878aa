import type { Deps } from "../cli/command.ts";
import { type Holder, holderOf, type ServerFile } from "./server_file.ts";
import type { CoordinatorSettings } from "./settings.ts";
import { fourLetterWord } from "./words.ts";

/** What the server counts, by its name for it (`mntr`) and ours. */
const COUNTS = {
  connections: "zk_num_alive_connections",
  sessions: "zk_global_sessions",
  nodes: "zk_znode_count",
  watches: "zk_watch_count",
  data_bytes: "zk_approximate_data_size",
  log_bytes: "zk_log_size",
  uptime_ms: "zk_uptime",
  writes_refused: "zk_writes_refused",
} as const;

/** Prints what there is to say of the coordinator of a data directory, also where there is none. */
export async function printStatus(deps: Deps, settings: CoordinatorSettings): Promise<void> {
  const { dataDirectory } = settings;
  const holder = await holderOf(await deps.files(), dataDirectory);
  const answer = holder?.server ? await fourLetterWord(holder.server.port, "mntr") : null;
  await deps.out.document({
    v: 1,
    status: statusOf(holder, answer),
    running: answer !== null,
    pid: holder?.pid ?? null,
    ...serverView(holder?.server ?? null),
    data_dir: dataDirectory,
    ...counts(answer),
  });
}

function statusOf(holder: Holder | null, answer: string | null) {
  if (holder === null) return "not_running";
  if (holder.server === null) return "busy";
  if (answer === null) return "silent";
  return counts(answer).writes_refused ? "refuses_writes" : "serving";
}

function serverView(server: ServerFile | null) {
  return {
    address: server?.address ?? null,
    started: server === null ? null : server.idle_timeout_ms === null ? "explicit" : "automatic",
    started_at: server?.started_at ?? null,
    idle_timeout_ms: server?.idle_timeout_ms ?? null,
    version: server?.version ?? null,
  };
}

function counts(answer: string | null) {
  const lines = (answer ?? "").split("\n").map((line) => line.split("\t"));
  const values = new Map(lines.map(([name, value]) => [name, Number(value)]));
  const count = (name: string) => values.get(name) ?? null;
  return {
    // This question came on a connection, too.
    connections: less(count(COUNTS.connections)),
    sessions: count(COUNTS.sessions),
    nodes: count(COUNTS.nodes),
    watches: count(COUNTS.watches),
    data_bytes: count(COUNTS.data_bytes),
    log_bytes: count(COUNTS.log_bytes),
    uptime_ms: count(COUNTS.uptime_ms),
    writes_refused: answer === null ? null : count(COUNTS.writes_refused) === 1,
  };
}

function less(count: number | null): number | null {
  return count === null ? null : Math.max(0, count - 1);
}
