import { afterAll, beforeAll } from "vitest";
import { ChainTeam } from "./chain_team.ts";
import { type CommandShell, inProcess, openShell, type Starter } from "./command_shell.ts";
import { batchTests } from "./commands/batches.ts";
import { chainTests } from "./commands/chains.ts";
import { machineTests } from "./commands/machine.ts";
import { metricsTests } from "./commands/metrics.ts";
import { misuseTests } from "./commands/misuse.ts";
import { schemaTests } from "./commands/schemas.ts";
import { sessionTests } from "./commands/session.ts";
import { streamTests } from "./commands/streams.ts";
import { textTests } from "./commands/texts.ts";
import { useClient } from "./live.ts";
import { teamOn } from "./team_on.ts";
import { describeWithZooKeeper } from "./zookeeper_suite.ts";

/**
 * What the commands do, whichever way they are run. As programs, each of which has to start, they are
 * given one case of each kind where in this process they get all.
 */
export function commandSuite(name: string, start: Starter): void {
  const isThorough = start === inProcess;
  describeWithZooKeeper(name, (server) => {
    let root = "";
    const shells: CommandShell[] = [];
    const shell = () => {
      const opened = openShell(start, `${server.hosts}${root}`);
      shells.push(opened);
      return opened;
    };
    beforeAll(async () => void (root = await server.freshRoot()));
    const zk = useClient(server);
    const leader = () => new ChainTeam(teamOn(zk, `${root}/claude-orchestrator`));
    afterAll(() => shells.forEach((each) => each.remove()));

    sessionTests(shell);
    schemaTests(shell);
    textTests(shell, isThorough);
    batchTests(shell);
    misuseTests(shell, isThorough);
    streamTests(shell);
    chainTests(shell, leader);
    machineTests(shell);
    metricsTests(shell);
  });
}
