import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { CommandShell } from "../command_shell.ts";

/** What has to do with this machine. `shell` opens one with a home and a project of its own. */
export function machineTests(shell: () => CommandShell): void {
  describe("this machine", () => {
    test("ZooKeeper that is not there is said within the connect timeout, with status 5", async () => {
      const one = shell();
      const begin = performance.now();
      const error = await one.failure("-z", "127.0.0.1:1", "--timeout", "1s", "list-tasks");
      expect(error).toMatchObject({ exit: 5, code: "ZOOKEEPER_UNREACHABLE" });
      expect(performance.now() - begin).toBeLessThan(15_000);
      const health = await one.run("-z", "127.0.0.1:1", "status", "--timeout", "1s");
      expect(health.status).toBe(5);
      expect(JSON.parse(health.stdout)).toMatchObject({ status: "unreachable", tasks: null });
    });

    test("completion offers commands, options, values, and what is alive", async () => {
      const one = shell();
      await one.json("register", "--name", "Completed");
      const { id } = await one.json<{ id: string }>(
        "push-task",
        "--title",
        "Tab",
        "--assignee",
        "Completed",
      );
      const words = async (...line: string[]) =>
        (await one.run("__complete", "--", ...line)).stdout.split("\n").map((each) =>
          each.split("\t")[0]
        );
      expect(await words("pus")).toEqual(["push-task", ""]);
      expect(await words("-z", "h:1", "push-task", "--pri")).toEqual(["--priority", ""]);
      expect(await words("push-task", "--link", "re")).toEqual(["review", ""]);
      expect(await words("push-task", "--link=re")).toEqual(["--link=review", ""]);
      // A Tab does not wait for a machine that is busy.
      const patience = { timeout: 20_000 };
      await expect.poll(() => words("task-show", "--task-id", ""), patience).toContain(id);
      await expect.poll(() => words("send-message", "--to-name", "Compl"), patience)
        .toContain("Completed");
      expect(await words("push-task", "--file", "")).toEqual([":file", ""]);
      await one.json("task-cancel", "--task-id", id);
      await one.json("unregister");
    });

    test("completion is silent, and starts nothing, where no server answers", async () => {
      const one = shell();
      const sockets: Socket[] = [];
      const mute = createServer((socket) => sockets.push(socket));
      await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
      onTestFinished(() => {
        for (const socket of sockets) socket.destroy();
        mute.close();
      });
      const address = mute.address();
      const port = typeof address === "object" ? address?.port : undefined;
      for (const hosts of [`127.0.0.1:${port}`, "127.0.0.1:1", "not a host"]) {
        const line = ["__complete", "--", "-z", hosts, "task-show", "--task-id", ""];
        expect(await one.run(...line)).toEqual({ status: 0, stdout: "", stderr: "" });
      }
      expect(sockets).toHaveLength(1);
      expect(readdirSync(join(one.directory, "../home"))).toEqual([]);
    });

    test("man prints a page, and writes all of them", async () => {
      const one = shell();
      const printed = await one.run("man", "poll-task");
      expect(printed.stdout).toMatch(/^\.TH CCO\\-LIST\\-TASKS 1 /m);
      const { stdout } = await one.run("man", "--dir", "share/man1");
      const paths = stdout.trimEnd().split("\n");
      expect(paths).toContain(join(one.directory, "share/man1/claude-orchestrator.1"));
      const page = paths.find((path) => path.endsWith("/claude-orchestrator-list-tasks.1")) ?? "";
      expect(readFileSync(page, "utf8")).toBe(printed.stdout);
      expect(await one.failure("man", "push-task", "--dir", ".")).toMatchObject({ code: "USAGE" });
    });

    test("setup writes what it says, and keeps what was changed", async () => {
      const one = shell();
      const { written } = await one.json<{ written: string[] }>(
        "setup",
        "--name",
        "Jo",
        "--role",
        "builder",
      );
      for (const path of written) expect(readFileSync(path, "utf8")).not.toBe("");
      const own = written.find((path) => path.endsWith("worker-build.md")) ?? "";
      writeFileSync(own, "my own");
      expect(await one.json("setup")).toMatchObject({ written: [], kept: [own] });
      expect(readFileSync(own, "utf8")).toBe("my own");
    });
  });
}
