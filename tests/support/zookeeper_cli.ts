import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/** ZooKeeper's own command line client, where Debian puts it. */
export const ZOOKEEPER_CLI = "/usr/share/zookeeper/bin/zkCli.sh";

/** Whether ZooKeeper's own command line client is here: it comes with Debian's package. */
export function hasZooKeeperCli(): boolean {
  return existsSync(ZOOKEEPER_CLI);
}

/** Runs commands of ZooKeeper's own client, one a line. Throws where one of them fails. */
export function zooKeeperCli(hosts: string, commands: readonly string[]): string {
  const { stdout, stderr } = spawnSync(ZOOKEEPER_CLI, ["-server", hosts], {
    input: commands.map((command) => `${command}\n`).join(""),
    encoding: "utf8",
  });
  const output = `${stdout}\n${stderr}`;
  const problem =
    /^.*(?:does not exist|already exists|is not valid|Command not found|Exception).*$/m
      .exec(output)?.[0];
  if (problem !== undefined) throw new Error(`${problem}\n${output}`);
  return output;
}
