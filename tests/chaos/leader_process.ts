/**
 * One who wants to lead, in a process of its own, until it is killed: queues, leads, counts up through
 * the fence until it is refused, and queues again. It looks neither at `signal` nor at `mayAct`: what it
 * must not write, the fence alone keeps it from. Says on stdout, one JSON line each, what happens.
 * Arguments: hosts, root, name, session timeout in ms.
 */
import { hostname } from "node:os";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { Election } from "../../src/coordination/election.ts";
import { isLoss } from "../../src/coordination/losses.ts";
import { InstanceId } from "../../src/domain/ids.ts";
import { systemClock } from "../../src/platform/node/system_clock.ts";
import { systemRandom } from "../../src/platform/node/system_random.ts";
import { countUp } from "../support/led_writes.ts";
import { connectTo } from "../support/task_team.ts";
import { teamOn } from "../support/team_on.ts";

const [hosts = "", root = "", name = "", timeout = ""] = process.argv.slice(2);
const zk = await connectTo(hosts, {
  sessionTimeoutMs: Number(timeout),
  connectTimeoutMs: 30_000,
});
const election = new Election({
  zk,
  root,
  clock: systemClock,
  random: systemRandom,
  isAlive: () => true,
});
const profile = { id: InstanceId.parse(name), name, host: hostname(), pid: process.pid };

for (;;) {
  say({ says: "queues", epoch: 0 });
  const term = await election.campaign({ profile, standby: true }).catch((error: unknown) => {
    if (!isLoss(error)) throw error;
    return null;
  });
  if (term === null) continue;
  say({ says: "leads", epoch: term.epoch });
  const team = teamOn(zk, root, { fence: term.fence });
  while (await countUp(team, term) !== "refused") await pause(2);
  say({ says: "refused", epoch: term.epoch });
}

function say(line: { says: string; epoch: number }): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
