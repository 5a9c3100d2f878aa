import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { asProgram, type CommandShell, openShell } from "../support/command_shell.ts";
import { hasShell, type PromptShell, ShellPrompt } from "../support/shell_prompt.ts";
import { hasTmux } from "../support/tmux.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const executable = join(import.meta.dirname, "../../dist/claude-orchestrator");

/** A name of a member that every shell would make something else of. */
const HOSTILE = "zz $(touch pwned) `touch pwned` 'q' \"d\" !1 \\x * é";
/** A title that would rename the terminal, and begin a line of its own. */
const HOSTILE_TITLE = "\x1b]0;pwned\x07Title: $(touch pwned)\n:file";

describeWithZooKeeper("completion at a prompt", (server) => {
  let member: CommandShell;
  let environment: Record<string, string>;
  const ids = { held: "", failed: "" };
  const push = async (title: string) =>
    (await member.json<{ id: string }>("push-task", "--title", title)).id;

  beforeAll(async () => {
    member = openShell(asProgram(executable), `${server.hosts}${await server.freshRoot()}`);
    await member.json("register", "--name", "Tab by name", "-i", "tab");
    await member.json("register", "--name", "ops: a@b=c", "-i", "ops");
    await member.json("register", "--name", HOSTILE, "-i", "hostile");
    [ids.held, ids.failed] = [await push(HOSTILE_TITLE), await push("To fail")];
    await push("Waits");
    for (const id of Object.values(ids)) {
      await member.json("-i", "tab", "claim-task", "--task-id", id);
    }
    await member.json("-i", "tab", "task-fail", "--task-id", ids.failed, "--reason", "no");
    await member.json("set-context", "--key", "api:port", "--value", "1");
    writeFileSync(join(member.directory, "my tasks.jsonl"), "");
    mkdirSync(join(member.directory, "own place"));
    const bin = join(member.directory, "bin");
    mkdirSync(bin);
    for (const name of ["claude-orchestrator", "cco"]) symlinkSync(executable, join(bin, name));
    environment = {
      PATH: `${bin}:${process.env["PATH"]}`,
      HOME: member.directory,
      ZK_HOSTS: (await member.json<{ zookeeper: { hosts: string } }>("status")).zookeeper.hosts,
    };
  });
  afterAll(() => member.remove());

  describe.each<PromptShell>(["bash", "zsh", "fish"])("%s", (shell) => {
    const present = hasTmux() && hasShell(shell);
    let prompt: ShellPrompt;
    beforeAll(async () => {
      prompt = new ShellPrompt();
      if (present) await prompt.begin(shell, member.directory, environment);
    });
    afterAll(() => prompt.close());

    const cases = (): [typed: string, completed: string][] => [
      ["claude-orchestrator pus", "claude-orchestrator push-task "],
      ["cco push-task --prio", "cco push-task --priority "],
      ["cco push-task --link rev", "cco push-task --link review "],
      ["cco push-task --link=rev", "cco push-task --link=review "],
      ["cco list-tasks --status pending,fa", "cco list-tasks --status pending,failed "],
      ["cco poll-task --assignee Tab", "cco poll-task --assignee Tab\\ by\\ name "],
      ["cco send-message --to-name=Tab", "cco send-message --to-name=Tab\\ by\\ name "],
      ["cco send-message --to-name Tab\\ b", "cco send-message --to-name Tab\\ by\\ name "],
      ['cco send-message --to-name "Tab b', 'cco send-message --to-name "Tab by name" '],
      ["cco send-message --to-name ops:\\ a@b", "cco send-message --to-name ops:\\ a@b=c "],
      ["cco task-retry --task-id ta", `cco task-retry --task-id ${ids.failed} `],
      ["cco -i tab complete-task --task-id=", `cco -i tab complete-task --task-id=${ids.held} `],
      ["cco get-context --key api:po", "cco get-context --key api:port "],
      ["cco config get limits.conn", "cco config get limits.connect_timeout "],
      ["cco push-task --file my", "cco push-task --file my\\ tasks.jsonl "],
      ["cco push-task --file=my", "cco push-task --file=my\\ tasks.jsonl "],
      ["cco register --work-dir=ow", "cco register --work-dir=own\\ place/"],
      ["cco push-task --title ta", "cco push-task --title ta"],
    ];

    test.runIf(present)(
      "completes commands, options, values, what is alive, and paths",
      async () => {
        const completed = [];
        for (const [typed, expected] of cases()) {
          completed.push([typed, await prompt.completed(typed, typed === expected)]);
        }
        expect(completed).toEqual(cases());
      },
    );

    test.runIf(present)("is silent where ZooKeeper is away", async () => {
      const screen = await prompt.unanswered("cco -z 127.0.0.1:1 task-show --task-id ta");
      expect(screen).toMatch(/^ready> cco -z 127.0.0.1:1 task-show --task-id taEND\d+$/);
    });

    test.runIf(present)("takes names and titles for nothing but texts", async () => {
      const { terminal } = prompt;
      const titled = terminal.fact("pane_title");
      await prompt.listed(
        "cco task-show --task-id task-000000000",
        new RegExp(`^.*${ids.held}`, "m"),
      );
      expect(terminal.fact("pane_title")).toBe(titled);
      const line = await prompt.completed("cco send-message --content sent --to-name zz");
      expect(line).toContain("pwned");
      terminal.keys("-l", `${line} --output jsonl`);
      terminal.keys("Enter");
      expect(await terminal.until(/"sent_to"|"error"/)).toContain('"hostile"');
      expect(readdirSync(member.directory)).not.toContain("pwned");
    });
  });
});
