/**
 * Shows the screen of a team until SIGINT or SIGTERM, as a Leader that has no office would; on SIGUSR2 it
 * throws where nobody catches it. Arguments: hosts, root, session timeout in ms. What else it has to say
 * comes after the screen is gone.
 */
import process from "node:process";
import { openTeam } from "../../src/coordination/team.ts";
import { InstanceId } from "../../src/domain/ids.ts";
import { Monitor } from "../../src/monitor/monitor.ts";
import { systemClock } from "../../src/platform/node/system_clock.ts";
import { systemRandom } from "../../src/platform/node/system_random.ts";
import { nodeTerminal } from "../../src/platform/node/terminal.ts";
import { isUtf8 } from "../../src/screen/looks.ts";
import { showScreen } from "../../src/screen/show_screen.ts";
import { connectTo } from "./task_team.ts";

const began = performance.now();
const [hosts = "", root = "", sessionTimeoutMs = "10000"] = process.argv.slice(2);
const stop = new AbortController();
process.on("SIGINT", () => stop.abort()).on("SIGTERM", () => stop.abort());
process.on("SIGUSR2", () => {
  throw new Error("thrown on purpose");
});

const zk = await connectTo(hosts, { sessionTimeoutMs: Number(sessionTimeoutMs) });
const team = openTeam({ zk, root, clock: systemClock, random: systemRandom });
const drifts: string[] = [];
const monitor = await Monitor.open({
  team,
  clock: systemClock,
  self: {
    id: InstanceId.parse("ada-1"),
    name: "Ada",
    cacheDir: "~/.claude-orchestrator/sessions",
    budgetUsd: null,
    budgetTokens: null,
  },
  hosts,
  signal: stop.signal,
  onDrift: (states) => drifts.push(...states),
});
const openMs = performance.now() - began;
await Promise.all([
  monitor.follow(),
  showScreen({
    source: monitor,
    terminal: nodeTerminal,
    clock: systemClock,
    looks: {
      unicode: isUtf8(process.env),
      timeOfDay: (ms) => new Date(ms).toTimeString().slice(0, 8),
    },
    colours: !process.env["NO_COLOR"],
    signal: stop.signal,
  }),
]);
await zk.close();
const { rss } = process.memoryUsage();
const { user, system } = process.cpuUsage();
const facts = { left: true, openMs, cpuMs: (user + system) / 1_000, rssMb: rss / 2 ** 20, drifts };
console.log(JSON.stringify(facts));
