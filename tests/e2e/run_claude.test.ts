import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { claudeEnvironment, claudePath } from "../support/claude_cli.ts";
import { git, write } from "../support/git_bench.ts";
import { type RunMachine, runMachine, workersIn } from "../support/run_bench.ts";
import { FOUR_LINKS } from "../support/scripted_agent.ts";
import {
  bash,
  type ModelRequest,
  say,
  type ScriptedApi,
  startScriptedApi,
  type Turn,
  use,
} from "../support/scripted_api.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { EXECUTABLE } from "../support/worker_process.ts";

const REPORT = "All is well.\n\nStatus: done\nSummary: it is done\nVerdict: pass";
const AGENT = `${claudePath()} --permission-mode acceptEdits --allowedTools Bash`;
const WANTED = "add a greet function with a test";
/** Sources and their test, as the model writes them. */
const GREET = 'greet() { echo "Hello, $1"; }\n';
const GREET_TEST = '. ./greet.sh\n[ "$(greet Ada)" = "Hello, Ada" ] || exit 1\n';
const CHECK = ["--check", "sh greet_test.sh"];

/** A Leader's agent with which all goes well. */
const LEADER = `case "$(cat)" in
  *"Turn this requirement into work"*) echo '${JSON.stringify({ chains: [FOUR_LINKS] })}' ;;
  *) echo '{"decision": "pass", "reason": "All is shown"}' ;;
esac
`;

describe.skipIf(claudePath() === undefined || !existsSync(EXECUTABLE))(
  "run with the real Claude Code",
  () => {
    let api: ScriptedApi;
    let machine: RunMachine;
    let repo: string;
    beforeEach(async () => {
      api = await startScriptedApi((request) => answer(request, written));
      onTestFinished(() => api.close());
      const directory = temporaryDirectory();
      machine = await runMachine(claudeEnvironment({ directory, apiUrl: api.url }));
      repo = machine.repository("a project");
    });
    /** Arguments of a run whose Leader asks Claude Code, too. */
    const argv = (workers: number, ...more: string[]) => [
      ...["--worker", String(workers), "--command", AGENT, "--no-screen"],
      ...[...more, ...WANTED.split(" ")],
    ];
    /** The same with a Leader that does not: its answers are a matter of other tests, and half of the runs. */
    const argvOfWorkers = (workers: number, ...more: string[]) => {
      write(machine.directory, { "leader.sh": LEADER });
      const leader = `sh ${join(machine.directory, "leader.sh")}`;
      const config = { command: AGENT, roles: { leader: { command: leader } } };
      write(repo, { ".claude-orchestrator/config.json": JSON.stringify(config) });
      return ["--worker", String(workers), "--no-screen", ...more, ...WANTED.split(" ")];
    };
    /** The user's branch holds the work and its check passes; nothing else is there, or runs. */
    const expectDone = () => {
      expect(readdirSync(repo).sort())
        .toEqual([".claude-orchestrator", ".git", "README.md", "greet.sh", "greet_test.sh"]);
      expect(git(repo, "status", "--porcelain")).toBe("");
      expect(git(repo, "symbolic-ref", "--short", "HEAD")).toBe("main");
      expect(readFileSync(join(repo, "README.md"), "utf8")).toBe("hello\n");
      expect(workersIn(repo)).toEqual([]);
    };

    test("a check that fails, then a conflict, are mended by 5 Workers", async () => {
      const turns = mending();
      api.play(async (request) => {
        const next = answer(request, (asked) => turns.shift()?.(asked) ?? say(REPORT));
        // The user changes the same place while the mended work is on its way to be accepted.
        if (turns.length === CONFLICT_TURNS && /\*\*accept\*\* link/.test(request.prompt)) {
          if (!existsSync(join(repo, "greet.sh"))) commitMine(repo);
        }
        return await next;
      });
      const outcome = await machine.outcome(repo, argvOfWorkers(5, ...CHECK));
      expect(outcome).toMatchObject({ outcome: "completed", rounds: 2 });
      const rounds = outcome.chains[0]?.rounds ?? [];
      expect(rounds.map(({ redo }) => redo)).toEqual(["build", "build"]);
      expect(rounds[0]?.reason).toContain("The check fails");
      expect(rounds[1]?.reason).toContain('in conflict: "greet.sh"');
      const tip = git(repo, "rev-parse", "main");
      expect(outcome.deliveries).toMatchObject([{ merged: { into: "main", commit: tip } }]);
      expect(readFileSync(join(repo, "greet.sh"), "utf8")).toBe(BOTH);
      expect(git(repo, "log", "--format=%s", "main")).toContain("Mine");
      expectDone();
    }, 180_000);

    test.each([1, 3])("its tools write the files, with %i Workers", async (workers) => {
      const all = workers === 1 ? argv : argvOfWorkers;
      const outcome = await machine.outcome(repo, all(workers, ...CHECK));
      const tip = git(repo, "rev-parse", "main");
      expect(outcome).toMatchObject({
        outcome: "completed",
        rounds: 0,
        deliveries: [{ commit: tip, merged: { into: "main", commit: tip } }],
      });
      expect(git(repo, "diff", "--name-only", "main~1", "main")).toBe("greet.sh\ngreet_test.sh");
      expect(git(repo, "log", "-1", "--format=%an", "main")).toBe("Ada");
      expect(readFileSync(join(repo, "greet.sh"), "utf8")).toBe(GREET);
      expectDone();
    }, 180_000);

    test("killed in the middle of the build and run again, it comes to the same end", async () => {
      let reached = () => {};
      const building = new Promise<void>((resolve) => reached = resolve);
      api.play((request) =>
        answer(request, (asked) => {
          if (!existsSync(join(workDirectoryOf(asked), "greet.sh"))) return written(asked);
          reached();
          return { type: "hang" };
        })
      );
      const first = machine.start(repo, argvOfWorkers(2));
      await building;
      first.kill("SIGKILL");
      await first.ended;
      api.play((request) => answer(request, written));
      const outcome = await machine.outcome(repo, argvOfWorkers(2, ...CHECK));
      expect(outcome).toMatchObject({
        outcome: "completed",
        requirement: { id: "req-0000000001" },
      });
      expect(git(repo, "log", "--format=%s", "main").split("\n")).toHaveLength(2);
      expectDone();
    }, 180_000);
  },
);

/** The user's own greeting in the file that the builder writes; both hold side by side. */
const MINE = 'mine() { echo "Mine"; }\n';
const BOTH = MINE + GREET;

function commitMine(repo: string): void {
  write(repo, { "greet.sh": MINE });
  git(repo, "add", "--all");
  git(repo, "commit", "--quiet", "-m", "Mine");
}

/** Turns of the builder's last round. */
const CONFLICT_TURNS = 3;

/**
 * The builder's turns: work that fails its check; an edit that mends it once the check's output was read; a
 * file that holds both sides, once the marks of the conflict were.
 */
function mending(): ((request: ModelRequest) => Turn)[] {
  const file = (request: ModelRequest, name: string) => join(workDirectoryOf(request), name);
  const told = (request: ModelRequest, text: string, turn: Turn): Turn => {
    if (!JSON.stringify(request.body).includes(text)) throw new Error(`It was not told "${text}"`);
    return turn;
  };
  const wrong = GREET.replace("Hello", "Good bye");
  return [
    (request) => use("Write", { file_path: file(request, "greet.sh"), content: wrong }),
    (request) => use("Write", { file_path: file(request, "greet_test.sh"), content: GREET_TEST }),
    () => say(REPORT),
    (request) =>
      told(
        request,
        "the project's check fails",
        use("Read", { file_path: file(request, "greet.sh") }),
      ),
    (request) =>
      use("Edit", {
        file_path: file(request, "greet.sh"),
        old_string: "Good bye",
        new_string: "Hello",
      }),
    () => say(REPORT),
    (request) =>
      told(request, "in conflict", use("Read", { file_path: file(request, "greet.sh") })),
    (request) =>
      told(
        request,
        "<<<<<<< HEAD",
        use("Write", { file_path: file(request, "greet.sh"), content: BOTH }),
      ),
    () => say(REPORT),
  ];
}

function workDirectoryOf({ body }: ModelRequest): string {
  const cwd = /[Ww]orking directory: ([^\\"\n]+)/.exec(JSON.stringify(body))?.[1];
  if (cwd === undefined) throw new Error("The model was not told where it works");
  return cwd;
}

/**
 * The builder: two files with the Write tool, then their test with the Bash tool. It goes by what is there, for
 * a conversation that was interrupted is gone on with, and its answers are counted otherwise.
 */
function written(request: ModelRequest): Turn {
  const cwd = workDirectoryOf(request);
  for (const [name, content] of [["greet.sh", GREET], ["greet_test.sh", GREET_TEST]] as const) {
    const path = join(cwd, name);
    if (!existsSync(path)) return use("Write", { file_path: path, content });
  }
  const isTried = request.last.includes("It was tried");
  return isTried ? say(REPORT) : bash("sh greet_test.sh; echo It was tried");
}

/** A model in a team where all goes well; `build` is what it does as the builder. */
function answer(request: ModelRequest, build: (request: ModelRequest) => Turn): Turn {
  const { prompt, tools, answered } = request;
  if (tools.includes("StructuredOutput")) {
    const isDecomposition = prompt.includes("Turn this requirement into work");
    return answered > 0 ? say("done") : use(
      "StructuredOutput",
      isDecomposition ? { chains: [FOUR_LINKS] } : { decision: "pass", reason: "All is shown" },
    );
  }
  return /\*\*build\*\* link/.test(prompt) ? build(request) : say(REPORT);
}
