import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { InstanceId } from "../domain/ids.ts";
import { systemClock } from "../platform/node/system_clock.ts";
import { endOrphans } from "./orphans.ts";

const TOM = InstanceId.parse(`tom-${process.pid}`);
const HERE = { ZK_HOSTS: "127.0.0.1:2181", ZK_ROOT_PATH: "/ours" };

/** An agent of Tom, in a team, that works until it is ended. */
async function agent(run: string, team: Record<string, string>): Promise<ChildProcess> {
  const env = {
    ...team,
    CLAUDE_ORCHESTRATOR_INSTANCE_ID: TOM,
    CLAUDE_ORCHESTRATOR_RUN_ID: `${run}-${process.pid}`,
  };
  const child = spawn(
    process.execPath,
    ["-e", "console.log('works'); setInterval(() => {}, 1e6)"],
    {
      env,
      stdio: ["ignore", "pipe", "ignore"],
    },
  );
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  return child;
}

test.runIf(process.platform === "linux")(
  "ends what a member's former process left, and nothing of its namesake in another team",
  async () => {
    const orphan = await agent("a", HERE);
    const otherRoot = await agent("b", { ...HERE, ZK_ROOT_PATH: "/theirs" });
    const otherServer = await agent("c", { ...HERE, ZK_HOSTS: "elsewhere:2181" });
    const died = once(orphan, "exit");

    expect(await endOrphans(TOM, HERE, systemClock)).toBe(1);

    expect(await died).toEqual([null, "SIGKILL"]);
    expect([otherRoot.exitCode, otherRoot.signalCode]).toEqual([null, null]);
    expect([otherServer.exitCode, otherServer.signalCode]).toEqual([null, null]);
    expect(await endOrphans(TOM, HERE, systemClock)).toBe(0);
    expect(await endOrphans(TOM, { ...HERE, ZK_ROOT_PATH: "/theirs" }, systemClock)).toBe(1);
  },
);
