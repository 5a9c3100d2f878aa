import { expect, onTestFinished, test } from "vitest";
import { thisHost } from "../../cmd/team/this_host.ts";
import { InstanceId } from "../../src/domain/ids.ts";
import { inProcess, openShell } from "../support/command_shell.ts";
import { useClient } from "../support/live.ts";
import { teamOn } from "../support/team_on.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

describeWithZooKeeper("status --here", (server) => {
  const zk = useClient(server);

  test("succeeds while a process of this host is attached, and only then", async () => {
    const root = await server.freshRoot();
    const shell = openShell(inProcess, `${server.hosts}${root}`);
    onTestFinished(() => shell.remove());
    const nobody = { exit: 3, code: "MEMBER_NOT_FOUND", host: thisHost() };
    expect(await shell.failure("status", "--here")).toMatchObject(nobody);
    // A lease says nothing of a process.
    await shell.json("register", "--name", "Bob");
    expect(await shell.failure("status", "--here")).toMatchObject(nobody);

    const { members } = teamOn(zk, `${root}/claude-orchestrator`);
    const attach = (name: string, host: string) => {
      const profile = { id: InstanceId.parse(name), name, role: "builder", host, pid: 7 };
      return members.attach(profile, { isAlive: () => true });
    };
    const stranger = await attach("stranger", `${thisHost()}/4026532999`);
    expect(await shell.failure("status", "--here")).toMatchObject(nobody);
    const own = await attach("own", thisHost());
    expect(await shell.json("status", "--here")).toMatchObject({ instances_online: 3 });
    await own.leave();
    expect(await shell.failure("status", "--here")).toMatchObject(nobody);
    await stranger.leave();
  });
});
