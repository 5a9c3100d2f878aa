import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { startEmbedded } from "../support/embedded_zookeeper.ts";
import { startJvm, whyNoJars } from "../support/jvm_zookeeper.ts";
import { hasZooKeeperCli, ZOOKEEPER_CLI } from "../support/zookeeper_cli.ts";
import type { ServerOptions } from "../support/zookeeper_config.ts";
import type { ZooKeeperServer } from "../support/zookeeper_server.ts";

/** What a person would try, right and wrong. */
const COMMANDS = `
ls /
create /a first
create -s /a/s- numbered
create -e /a/e ephemeral
create -s -e /a/se- both
create -c /a/c container
create -t 1000 /a/t time
create /a again
create /none/below x
create /a/e/below x
create /a/closed x world:anyone:r
ls -R /
ls -s /a
stat /a
stat /a/e
get /a
get -s /a/c
get -w /a
set /a second
set -s -v 7 /a third
set -v 1 /a third
stat -w /later
create /later x
addWatch -m PERSISTENT /a
addWatch /later
create /later/below x
set /later/below y
delete /later/below
removewatches /a
getAcl /a
addauth digest user:secret
setAcl /a/c auth::cdrwa
getAcl /a/c
getAcl -s /a/c
setAcl -v 9 /a/c world:anyone:cdrwa
setAcl /a/c nothing:x:cdrwa
get /a/closed
set /a/closed y
delete /a
delete -v 3 /later
getEphemerals
getEphemerals /a
getAllChildrenNumber /a
sync /a
whoami
deleteall /a
ls -R /
delete /zookeeper
get /zookeeper/config
stat /zookeeper
reconfig -members server.1=localhost:2888:3888
quit
`;

/** JVMs take their time where many programs run. */
const CLI_MS = 60_000;

const reason = whyNoJars() ?? (hasZooKeeperCli() ? null : "no zkCli.sh");
const missing = reason !== null && process.env["CI"] !== "true";
if (missing) console.warn(`Skipped: zkCli.sh on both servers: ${reason}`);

/** What one run of the client has shown. */
interface Transcript {
  readonly output: string;
  readonly errors: string;
  /**
   * Events, in their order: when they come between two outputs differs from run to run. Without that of
   * its own closing, which the client makes itself, and prints if it is not gone before.
   */
  readonly events: readonly string[];
}

async function transcript(
  start: (options: ServerOptions) => Promise<ZooKeeperServer>,
): Promise<Transcript> {
  const server = await start({ tickMs: 2_000 });
  try {
    const client = spawn(ZOOKEEPER_CLI, ["-server", server.hosts], { timeout: CLI_MS });
    const output: string[] = [];
    const errors: string[] = [];
    client.stdout.on("data", (chunk) => output.push(String(chunk)));
    client.stderr.on("data", (chunk) => errors.push(String(chunk)));
    client.stdin.end(COMMANDS);
    await once(client, "close");
    const text = output.join("");
    return {
      output: masked(text.replace(/\nWATCHER::\n\nWatchedEvent .*\n/g, ""), server),
      errors: masked(errors.join(""), server),
      events: text.match(/^WatchedEvent (?!state:Closed).*$/gm) ?? [],
    };
  } finally {
    await server.stop();
  }
}

/** Without what two servers cannot share: their clocks, sessions, addresses, the order of a set. */
function masked(text: string, { hosts }: ZooKeeperServer): string {
  return text
    .replaceAll(hosts, "HOST:PORT")
    .replace(/^\[(.+)\]$/gm, (_all, names: string) => `[${names.split(", ").sort().join(", ")}]`)
    .replace(/^([cm]time = ).*$/gm, "$1TIME")
    .replace(/^(ephemeralOwner = 0x)[1-9a-f][0-9a-f]*$/gm, "$1SESSION")
    .replace(/^\d{4}-\d\d-\d\d .*$/gm, "")
    .replace(/^.*(INFO|WARN|ERROR|DEBUG).*$/gm, "");
}

test.skipIf(missing)("zkCli.sh shows the same on the coordinator as on ZooKeeper", async () => {
  const [real, own] = await Promise.all([transcript(startJvm), transcript(startEmbedded)]);
  expect(own).toEqual(real);
  expect(own.events.length).toBeGreaterThanOrEqual(6);
  expect(own.errors).toContain("Created /a/s-0000000000");
  expect(own.output).toContain("cZxid = 0x2");
}, 3 * CLI_MS);
