import { expect, onTestFinished, test } from "vitest";
import { inProcess, openShell } from "../support/command_shell.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

describeWithZooKeeper("as upstream spells it", (server) => {
  const shell = async () => {
    const opened = openShell(inProcess, `${server.hosts}${await server.freshRoot()}`);
    onTestFinished(() => opened.remove());
    return opened;
  };

  test("a session of 0.3.0, option by option", async () => {
    const one = await shell();
    await one.json("setup", "--name", "Bob", "--role", "developer", "--cache-dir", "cache");
    await one.json("setup", "--global", "--command", "my-agent");
    const { id } = await one.json<{ id: string }>(
      "register",
      "--name",
      "Bob",
      "--role",
      "developer",
    );
    const options = ["--description", "d", "--priority", "0", "--assignee", id];
    const task = await one.json<{ id: string }>("push-task", "--title", "t", ...options);
    const of = ["--task-id", task.id];
    const inOrder: [string[], object][] = [
      [["list-tasks", "--status", "pending"], [{ id: task.id }]],
      [["claim-task", "-i", id], { id: task.id, status: "claimed" }],
      [["heartbeat", "--current-task", task.id], { status: "ok", instance_id: id }],
      [["list-tasks", "--status", "in_progress"], [{ id: task.id }]],
      [["task-block", ...of, "--reason", "why"], { status: "blocked" }],
      [["task-retry", ...of], { id: task.id, status: "pending", retry_count: 1 }],
      [["claim-task"], { status: "claimed" }],
      [["task-fail", ...of, "--reason", "why"], { status: "failed" }],
      [["task-retry", ...of], { status: "pending", retry_count: 2 }],
      [["-i", id, "claim-task"], { status: "claimed" }],
      [["complete-task", ...of, "--result", "r"], { status: "completed", result: "r" }],
      [["heartbeat", "--current-task", ""], { member: { status: "idle" } }],
      [["list-instances"], [{ id, name: "Bob", role: "developer" }]],
      [["status"], { instances_online: 1, tasks: { completed: 1 } }],
      [["send-message", "--content", "c", "--to", id], { sent_to: [id], message_count: 1 }],
      [["send-message", "--content", "c", "--to-name", "Bob"], { sent_to: [id] }],
      [["send-message", "--content", "c", "--to-name", "@Bob"], { sent_to: [id] }],
      [["send-message", "--content", "c", "--broadcast"], { message_count: 0 }],
      [["request-help", "--question", "q", "--context", "c"], { message_count: 0 }],
      [["poll-messages"], [{ content: "c" }, { content: "c" }, { content: "c" }]],
      [["wait-for-message", "--timeout", "30"], [{ content: "c" }, {}, {}]],
      [["set-context", "--key", "k", "--value", "v"], { key: "k", value: "v" }],
      [["get-context", "--key", "k"], { value: "v" }],
      [["list-context-keys"], { keys: ["k"], count: 1 }],
      [["delete-context", "--key", "k"], { status: "deleted" }],
      [["config"], { values: { name: { value: "Bob" } } }],
      [["unregister"], { status: "unregistered", instance_id: id }],
    ];
    for (const [argv, printed] of inOrder) {
      expect([argv, await one.json(...argv)]).toMatchObject([argv, printed]);
    }
  });

  test("what 0.3.1 named anew", async () => {
    const one = await shell();
    const { id } = await one.json<{ id: string }>(
      "register",
      "--name",
      "Ann",
      "--role",
      "builder",
    );
    const first = await one.json<{ id: string }>("push-task", "--title", "a", "--link", "plan");
    const link = ["--link", "build", "--chain-id", "chain-0000000007", "--instance-id", id];
    const waits = ["--depends-on", `${first.id}, `];
    await one.json("push-task", "--title", "b", ...link, ...waits);
    expect(await one.json("poll-task", "--status", "pending")).toMatchObject([
      { link: "plan", created_by: id },
      { link: "build", chain_id: "chain-0000000007", depends_on: [first.id], created_by: id },
    ]);
    const sent = ["send-message", "--content", "c", "--to", id, "--instance-id", id];
    const { message_id } = await one.json<{ message_id: string }>(...sent);
    expect(await one.json("poll-message", "--instance-id", id)).toMatchObject([{
      id: message_id,
    }]);
    expect(await one.json("delete-message", "--message-id", message_id))
      .toMatchObject({ status: "dismissed", message_id });
    expect(await one.json("send-message", "--content", "c", "--request-help"))
      .toMatchObject({ message_count: 0 });
    expect((await one.run("run", "--worker", "3", "-y", "--help")).status).toBe(0);
  });
});
