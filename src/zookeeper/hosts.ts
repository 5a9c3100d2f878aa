import type { Endpoint } from "./environment.ts";
import { ZooKeeperError } from "./errors.ts";
import { pathProblem } from "./paths.ts";

const DEFAULT_PORT = 2181;

/** What a connect string names; `chroot` is "" where there is none, else a path without a slash at its end. */
export interface Hosts {
  readonly endpoints: readonly Endpoint[];
  readonly chroot: string;
}

/**
 * Reads `host:port,host:port/chroot`, the connect string of all ZooKeeper clients. IPv6 addresses
 * stand in brackets; the port defaults to 2181. Throws `ZooKeeperError` BAD_ARGUMENTS or INVALID_PATH.
 */
export function parseHosts(text: string): Hosts {
  const slash = text.indexOf("/");
  const hosts = slash === -1 ? text : text.slice(0, slash);
  return {
    endpoints: hosts.split(",").map((host) => parseEndpoint(host.trim(), text)),
    chroot: checkedChroot(slash === -1 ? "" : text.slice(slash).trim()),
  };
}

/** The chroot as it goes before paths: "" for none or `/`. Throws `ZooKeeperError` INVALID_PATH. */
export function checkedChroot(chroot: string): string {
  if (chroot === "" || chroot === "/") return "";
  const problem = pathProblem(chroot);
  if (problem === null) return chroot;
  throw new ZooKeeperError("INVALID_PATH", `Cannot use chroot "${chroot}": ${problem}`, {
    outcome: "not_sent",
    path: chroot,
  });
}

function parseEndpoint(text: string, whole: string): Endpoint {
  const match = /^(?:\[([0-9a-fA-F:.%\w]+)\]|([^\s:[\]]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3] ?? DEFAULT_PORT);
  if (host !== undefined && port >= 1 && port <= 65_535) return { host, port };
  throw new ZooKeeperError(
    "BAD_ARGUMENTS",
    `Cannot read "${text}" in connect string "${whole}": must be host, host:port or [IPv6]:port`,
    { outcome: "not_sent" },
  );
}
