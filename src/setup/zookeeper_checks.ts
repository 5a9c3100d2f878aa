import type { Check } from "./check.ts";
import { fail, ok, warn } from "./check.ts";
import type { ServerFacts } from "./server_facts.ts";

/** ms of a round trip above which commands feel slow. */
const SLOW_MS = 50;
/** ms between the clocks above which times in lists mislead people; leases use the server's alone. */
const SKEW_MS = 2000;

/** Persistent recursive watches came with 3.6. */
const OLDEST = [3, 6] as const;

function isOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
}

/** How to get a server, in one line. */
export const START_ZOOKEEPER =
  "On one machine: claude-orchestrator coordinator start. Or name your servers with -z or ZK_HOSTS";

export function checkServer({ endpoint, version, latencyMs }: ServerFacts): Check {
  const found = `ZooKeeper ${version ?? "of unknown version"} at ${endpoint}, ${
    latencyMs.toFixed(1)
  } ms a read`;
  if (version !== null && isOld(version)) {
    return warn("zookeeper", found, "Use 3.6 or later: older servers lack persistent watches");
  }
  return latencyMs > SLOW_MS
    ? warn("zookeeper", found, "Use servers that are nearer, or less busy")
    : ok("zookeeper", found);
}

/** Whether others than the team can change its nodes. */
export function checkAccess(facts: ServerFacts, root: string, hasCredentials: boolean): Check {
  const protect = 'Set a password: claude-orchestrator config set zookeeper.auth "user:password"';
  switch (facts.access) {
    case "no_chroot":
      return fail(
        "access",
        "The chroot in the servers' address does not exist",
        "Create that node with zkCli.sh, or leave the chroot out",
      );
    case "refused":
      return fail(
        "access",
        `${root} belongs to somebody else`,
        "Set the team's zookeeper.auth, or another zookeeper.root_path",
      );
    case "closed":
      return ok("access", `${root} is open to its owner only`);
    case "open":
      return warn(
        "access",
        `${root} is open: whoever reaches the server can change it`,
        hasCredentials
          ? `${root} was made without zookeeper.auth: choose another zookeeper.root_path`
          : protect,
      );
    case "absent":
      return hasCredentials
        ? ok("access", `${root} will be open to its owner only`)
        : warn("access", `${root} will be open to whoever reaches the server`, protect);
  }
}

export function checkClock({ clockAheadMs }: ServerFacts): Check | null {
  if (clockAheadMs === null) return null;
  const seconds = (Math.abs(clockAheadMs) / 1000).toFixed(1);
  return Math.abs(clockAheadMs) > SKEW_MS
    ? warn(
      "clock",
      `This machine's clock is ${seconds} s ${
        clockAheadMs > 0 ? "behind" : "ahead of"
      } the server's`,
      "Synchronise it, for example with systemd-timesyncd or chrony",
    )
    : ok("clock", `The clocks differ by ${seconds} s`);
}
