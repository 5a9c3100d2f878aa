import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Team } from "../../src/coordination/team.ts";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import { bundleProgram } from "../support/bundled_program.ts";
import { ChainTeam, planOf } from "../support/chain_team.ts";
import { connectTo, PERSON } from "../support/task_team.ts";
import { teamOn } from "../support/team_on.ts";
import { hasTmux, TmuxTerminal } from "../support/tmux.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const SESSION_MS = 4_000;

describe.skipIf(!hasTmux())("on a real terminal", () => {
  const directory = mkdtempSync(join(tmpdir(), "screen-"));
  const program = join(directory, "screen_program.mjs");
  beforeAll(() => bundleProgram("screen_program.ts", program));
  afterAll(() => rmSync(directory, { recursive: true }));

  describeWithZooKeeper("the screen", (server) => {
    let zk: ZooKeeper;
    let root: string;
    let team: Team;
    let terminal: TmuxTerminal;

    beforeAll(async () => {
      zk = await connectTo(server.hosts);
    });
    afterAll(() => zk.close());

    beforeEach(async () => {
      root = await server.freshRoot();
      team = teamOn(zk, root);
      const it = await new ChainTeam(team).join();
      const { id } = await it.openedChain(planOf({ plan: true }));
      await it.claim(id);
      await team.tasks.pushMany([{ title: "Write 漢字 👩‍👩‍👧‍👦\x1b[2J\x07 now" }], PERSON);
    });
    afterEach(() => terminal.close());

    const start = async (columns: number, rows: number, env = "") => {
      terminal = new TmuxTerminal({ columns, rows });
      await terminal.until(/ready>/);
      terminal.type("echo before");
      const node = JSON.stringify(process.execPath);
      terminal.type(`${env} ${node} ${program} ${server.hosts} ${root} ${SESSION_MS}`);
      return await terminal.until(/Ctrl\+C to stop/);
    };

    /** The shell has the terminal again, as it was, and what was on it before. */
    const isGivenBack = async (said: RegExp) => {
      const screen = await terminal.until(said);
      expect(screen).toMatch(/^ready> echo before\nbefore\n/);
      expect(screen).not.toMatch(/─────/);
      expect(["alternate_on", "cursor_flag", "wrap_flag"].map((name) => terminal.fact(name)))
        .toEqual(["0", "1", "1"]);
      terminal.type("stty -a | tr ' ' '\\n' | grep -cxE 'echo|icanon|isig'");
      await terminal.until(/^3$/m);
    };

    test.each([[80, 24], [120, 40]])("shows the team at %i×%i", async (columns, rows) => {
      const screen = await start(columns, rows);
      const lines = screen.trimEnd().split("\n");
      expect(lines).toHaveLength(rows);
      expect(screen).toMatch(/^… Ada stands by · nobody leads/);
      expect(screen).toMatch(/^ ● worker +builder +#1 plan: Plan/m);
      expect(screen).toMatch(
        /^ {3}● plan worker \d+s {2}· build {2}· verify {2}· review {2}· accept/m,
      );
      expect(screen).toMatch(/… 5 pending {2}● 1 in progress {2}! 0 blocked {2}✗ 0 failed/);
      expect(screen).toMatch(/#6 +Write 漢字 👩/);
      expect(terminal.fact("alternate_on")).toBe("1");
      expect(terminal.fact("cursor_flag")).toBe("0");
    });

    test("shows what changes, and ages that go on", async () => {
      await start(80, 24);
      await team.tasks.push({ title: "Something new" }, PERSON);
      await terminal.until(/Somebody pushed #7 Something new|Tester pushed #7 Something new/);
      await terminal.until(/… 6 pending/);
      await terminal.until(/● plan worker [2-9]s/);
    });

    test("fills another size at once, and says where it is too small", async () => {
      await start(80, 24);
      terminal.resize(120, 40);
      const large = await terminal.until(/Ctrl\+C to stop\n*$/);
      await terminal.until(/^.{106}Ctrl\+C to stop$/m);
      expect(large).toContain("Ada stands by");
      terminal.resize(30, 10);
      await terminal.until(/^Too small: 30x10\nNeeds 40x12/);
      terminal.resize(80, 24);
      const again = await terminal.until(/^… Ada stands by[^]*Ctrl\+C to stop\n*$/);
      expect(again).not.toContain("Too small");
    });

    test("gives the terminal back on Ctrl+C, whatever was typed before", async () => {
      await start(80, 24);
      terminal.keys("x", "Up", "Enter", "q");
      terminal.keys("C-c");
      await isGivenBack(/"left":true/);
    });

    test.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)("gives it back on %s", async (signal) => {
      await start(80, 24);
      process.kill(terminal.pidOf(program), signal);
      await isGivenBack(/"left":true/);
    });

    test("gives it back where the program fails, and the error can be read", async () => {
      await start(80, 24);
      process.kill(terminal.pidOf(program), "SIGUSR2");
      await isGivenBack(/thrown on purpose/);
    });

    test("is stopped by Ctrl+Z and comes back by fg, at another size too", async () => {
      await start(80, 24);
      terminal.keys("C-z");
      const stopped = await terminal.until(/Stopped/);
      expect(stopped).toMatch(/^ready> echo before/);
      expect(["alternate_on", "cursor_flag"].map((name) => terminal.fact(name))).toEqual([
        "0",
        "1",
      ]);
      terminal.type("echo between");
      await terminal.until(/^between$/m);
      await team.tasks.push({ title: "While it was away" }, PERSON);
      terminal.resize(90, 30);
      terminal.type("fg");
      const back = await terminal.until(/^.{76}Ctrl\+C to stop\n*$/m);
      expect(back).toMatch(/^… Ada stands by/);
      await terminal.until(/While it was away/);
      terminal.keys("C-c");
      await terminal.until(/"left":true/);
    });

    test("draws itself anew after a stop that it did not see coming", async () => {
      await start(80, 24);
      const pid = terminal.pidOf(program);
      process.kill(pid, "SIGSTOP");
      await terminal.until(/Stopped/);
      terminal.type("fg");
      await terminal.until(/^… Ada stands by[^]*Ctrl\+C to stop\n*$/);
      expect(terminal.fact("alternate_on")).toBe("1");
    });

    test("shows ASCII where the locale is not UTF-8, and no colour where none is wanted", async () => {
      const screen = await start(80, 24, "LC_ALL=C NO_COLOR=1");
      expect(screen).toMatch(/^[\x20-\x7e\n]*$/);
      expect(screen).toMatch(/^~ Ada stands by - nobody leads/);
    });
  });

  describeWithZooKeeper("the screen of a ZooKeeper that stops answering", (server) => {
    test("says so, stays, and goes on where it left off", async () => {
      const root = await server.freshRoot();
      const terminal = new TmuxTerminal({ columns: 80, rows: 24 });
      try {
        await terminal.until(/ready>/);
        const node = JSON.stringify(process.execPath);
        terminal.type(`${node} ${program} ${server.hosts} ${root} ${SESSION_MS}`);
        await terminal.until(/Ctrl\+C to stop/);
        await server.pause();
        await terminal.until(/^! Ada is cut off[^]*! No answer from ZooKeeper for \d+s/);
        await terminal.until(/the session is lost/);
        await server.resume();
        await terminal.until(/^… Ada stands by/);
        const zk = await connectTo(server.hosts);
        await teamOn(zk, root).tasks.push({ title: "After all" }, PERSON);
        await zk.close();
        await terminal.until(/pushed #1 After all/);
        terminal.keys("C-c");
        await terminal.until(/"left":true/);
      } finally {
        terminal.close();
      }
    });
  }, { mistreats: true });
});
