import { expect, onTestFinished, test } from "vitest";
import { asProgram, type CommandShell, openShell } from "../support/command_shell.ts";
import { startEmbedded } from "../support/embedded_zookeeper.ts";
import { carry } from "../support/transfer_pipe.ts";
import { EXECUTABLE } from "../support/worker_process.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

interface TaskView {
  readonly id: string;
  readonly title: string;
  readonly status: string;
}

interface MessageView {
  readonly id: string;
  readonly content: string;
}

/** A shell on a server. */
function shellOn(hosts: string): CommandShell {
  const shell = openShell(asProgram(EXECUTABLE), hosts);
  onTestFinished(() => shell.remove());
  return shell;
}

describeWithZooKeeper("a team that grows out of one machine, and comes back", (server) => {
  const statuses = async (shell: CommandShell) => {
    const tasks = await shell.json<TaskView[]>("list-tasks");
    return Object.fromEntries(tasks.map(({ title, status }) => [title, status]));
  };
  const soundness = async (shell: CommandShell) => {
    const { stdout } = await shell.run("doctor");
    const { checks } = JSON.parse(stdout) as { checks: { check: string; status: string }[] };
    return checks.find(({ check }) => check === "tasks")?.status;
  };

  test("works on where it was: tasks pending, held and completed, messages and values", async () => {
    const embedded = await startEmbedded({});
    onTestFinished(() => embedded.stop());
    const here = shellOn(embedded.hosts);
    const { id: jerry } = await here.json<{ id: string }>("register", "--name", "Jerry");
    for (const title of ["done", "held", "pending"]) await here.json("push-task", "--title", title);
    const done = await here.json<TaskView>("claim-task");
    await here.json("complete-task", "--task-id", done.id, "--result", "r");
    const held = await here.json<TaskView>("claim-task");
    await here.json("send-message", "--to", jerry, "--content", "Read me there");
    await here.json("set-context", "--key", "branch", "--value", "main");

    const there = shellOn(`${server.hosts}${await server.freshRoot()}`);
    const acting = ["-i", jerry];
    expect(await carry(here, there)).toMatchObject({ status: "imported", left_out: 0 });
    expect(await statuses(there)).toEqual({
      done: "completed",
      held: "claimed",
      pending: "pending",
    });
    expect(await soundness(there)).toBe("ok");
    await there.json(...acting, "complete-task", "--task-id", held.id, "--result", "there");
    const messages = await there.json<MessageView[]>(...acting, "poll-messages");
    expect(messages.map(({ content }) => content)).toEqual(["Read me there"]);
    const next = await there.json<TaskView>(...acting, "claim-task");
    expect(next.title).toBe("pending");
    expect(await there.json("get-context", "--key", "branch")).toMatchObject({ value: "main" });

    await expect(carry(there, here)).rejects.toThrow(/TREE_EXISTS/);
    expect(await carry(there, here, "--overwrite")).toMatchObject({ status: "imported" });
    expect(await statuses(here)).toEqual({
      done: "completed",
      held: "completed",
      pending: "claimed",
    });
    await here.json("complete-task", "--task-id", next.id, "--result", "back");
    expect(await here.json<TaskView>("push-task", "--title", "new")).toMatchObject({
      id: "task-0000000004",
    });
    await embedded.kill();
    await embedded.restart();
    expect(await statuses(here)).toMatchObject({ pending: "completed", new: "pending" });
    expect(await soundness(here)).toBe("ok");
  });
});
