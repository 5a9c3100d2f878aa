import { KEY_NAMES, KEYS } from "../../src/config/keys.ts";
import type { CommandEntry, Group } from "../cli/command.ts";
import { GLOBAL_OPTIONS } from "../cli/globals.ts";
import { GROUP_TITLES, PROGRAM } from "../cli/help.ts";
import { examples, optionTerms, page, pageName } from "./command_page.ts";
import { exitStatusTerms } from "./exit_status.ts";
import * as roff from "./roff.ts";

const DESCRIPTION =
  "Makes a team of Claude Code CLIs out of terminals that know nothing of each other, on one machine or on many. " +
  "They share a task queue, messages and values through ZooKeeper; each task belongs to one member at a time, and " +
  "survives whatever process dies. A Worker runs an agent by itself and judges what came of it; a Leader decomposes " +
  "what is submitted, decides about what is reported, and gives work back whose owner is gone.\n" +
  "Where no ZooKeeper is configured and none answers, the commands that stay (run, leader, register) start an embedded " +
  "coordinator on this machine, which speaks ZooKeeper's protocol.\n" +
  "Data goes to stdout as JSON, everything else to stderr: an error is one JSON object with a code, a message and a " +
  "hint. Within a version, fields and codes are added, never changed or removed.";

const EXAMPLES = [
  {
    says: "A whole team for one requirement, from here to its end",
    command: `${PROGRAM} run --check "npm test" "Add a greet function with a test"`,
  },
  { says: "A Leader, in one terminal", command: `${PROGRAM} leader` },
  {
    says: "A Worker in another",
    command: `${PROGRAM} register --name Jerry --role builder --work-dir . --worktree`,
  },
  {
    says: "Something to do, and what became of it",
    command: `${PROGRAM} submit "Add a login page" --wait | jq .outcome`,
  },
  {
    says: "The next task that one may take, by hand",
    command: `id=$(${PROGRAM} claim-task | jq -r .id)`,
  },
  {
    says: "What waits",
    command: `${PROGRAM} list-tasks --status pending --output table`,
  },
];

const VARIABLES: readonly (readonly [string, string])[] = [
  ["ZK_HOSTS", "ZooKeeper servers, as zookeeper.url."],
  ["ZK_ROOT_PATH", "Node under which the team keeps everything, as zookeeper.root_path."],
  ["CLAUDE_ORCHESTRATOR_INSTANCE_ID", "Who is acting, an id or a unique name, as --instance-id."],
  [
    "CLAUDE_ORCHESTRATOR_KEY",
    "Every other key of the configuration: the key in capitals, with _ for dots and dashes, such as " +
    "CLAUDE_ORCHESTRATOR_LIMITS_RUN_TIMEOUT. An empty variable counts as not set.",
  ],
  [
    "CLAUDE_ORCHESTRATOR_TASK_ID, CLAUDE_ORCHESTRATOR_CLAIM_TOKEN",
    "Set by a Worker for its agent: the task that it works on, and the fencing token of the claim. complete-task, " +
    "task-block, task-fail and task-release take them where the task is not named.",
  ],
  ["NO_COLOR, FORCE_COLOR", "No colours, or colours also where the output is no terminal."],
  ["HOME", "Where the user's files are."],
];

const FILES: readonly (readonly [string, string])[] = [
  [
    ".claude-orchestrator/config.json",
    "The project's configuration, in the working directory or the nearest one above.",
  ],
  ["~/.claude-orchestrator/config.json", "The user's configuration, for all projects."],
  [".claude-orchestrator/agents/", "A project's own templates of what agents are told; see setup."],
  [".claude-orchestrator/roles/", "What the agents of each role should know."],
  [".claude/skills/", "Skills by which Claude Code finds these commands."],
  [
    "~/.claude-orchestrator/sessions/",
    "Logs and results of the agents, unless cache_dir says otherwise.",
  ],
  ["~/.claude-orchestrator/coordinator/", "What the embedded coordinator keeps."],
];

const HOOKS = "hooks.";

/** Where to read on. */
const MAIN_COMMANDS = ["run", "leader", "register", "submit", "push-task", "claim-task", "doctor"];

/** The page of the program: what all commands have in common, and which there are. */
export function programPage(entries: readonly CommandEntry[], edition: roff.Edition): string {
  const shown = entries.filter((entry) => !entry.hidden);
  const name = roff.inline(PROGRAM);
  return page([
    ...roff.title(PROGRAM, edition),
    ...roff.section("NAME", [
      `${name}, cco \\- turn several Claude Code CLIs, on one machine or on many, into one team`,
    ]),
    ...roff.section("SYNOPSIS", [
      `.SY ${name}`,
      `${roff.italic("command")} [${roff.italic("options")}]`,
      ".YS",
      `.SY ${name}`,
      `${roff.bold("help")} [${roff.italic("command")}]`,
      ".YS",
      `.SY ${name}`,
      roff.bold("--version"),
      ".YS",
    ]),
    ...roff.section("DESCRIPTION", roff.paragraphs(DESCRIPTION)),
    ...roff.section("COMMANDS", commands(shown)),
    ...roff.section("OPTIONS", [
      "Before or after the command's name.",
      "The argument after an option is its value whatever it looks like.",
      ...optionTerms(GLOBAL_OPTIONS),
    ]),
    ...roff.section("ENVIRONMENT", roff.terms(VARIABLES.map(boldTerm))),
    ...roff.section("CONFIGURATION", configuration()),
    ...roff.section("FILES", roff.terms(FILES.map(italicTerm))),
    ...roff.section("EXIT STATUS", exitStatusTerms()),
    ...roff.section("EXAMPLES", examples(EXAMPLES)),
    ...roff.section("SEE ALSO", seeAlso()),
  ]);
}

function commands(shown: readonly CommandEntry[]): string[] {
  const groups = Object.keys(GROUP_TITLES) as Group[];
  return [
    `Each has a page of its own, such as`,
    `.BR ${roff.inline(pageName("push-task"))} (1).`,
    ...groups.flatMap((group) => [
      `.SS ${roff.inline(GROUP_TITLES[group])}`,
      ".PD 0",
      ...roff.terms(
        shown.filter((entry) => entry.group === group).map(({ name, aliases = [], summary }) =>
          [[name, ...aliases].map(roff.bold).join(", "), `${summary}.`] as const
        ),
        21,
      ),
      ".PD",
    ]),
  ];
}

function configuration(): string[] {
  const keys = KEY_NAMES.filter((key) => !key.startsWith(HOOKS)).map((key) => {
    const { about, default: value } = KEYS[key];
    return [key, value === null ? `${about}.` : `${about} (default: ${value}).`] as const;
  });
  const points = KEY_NAMES.filter((key) => key.startsWith(HOOKS))
    .map((key) => key.slice(HOOKS.length));
  return [
    ...roff.prose(
      "What is said first counts: an option, the environment, the project's file, the user's " +
        "file, the default. Durations are written 500ms, 30s, 5m, 2h or 7d.",
    ),
    ...roff.terms([
      ...keys,
      [`${HOOKS}POINT`, `command that is run at a point: ${points.join(", ")}.`] as const,
      [
        "roles.ROLE.SETTING",
        "for the members of one role alone: command, model, max_turns, budget_usd or " +
        "budget_tokens.",
      ] as const,
    ].map(boldTerm)),
  ];
}

function seeAlso(): string[] {
  const names = [...MAIN_COMMANDS.map(pageName), "claude", "git", "jq"];
  return names.map((name, index) =>
    `.BR ${roff.inline(name)} (1)${index < names.length - 1 ? "," : ""}`
  );
}

const boldTerm = ([term, meaning]: readonly [string, string]) =>
  [roff.bold(term), meaning] as const;
const italicTerm = ([term, meaning]: readonly [string, string]) =>
  [roff.italic(term), meaning] as const;
