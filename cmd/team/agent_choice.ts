import { type Workshop, workshopHere } from "../../src/agent/workshop.ts";
import { DEFAULT_COMMAND } from "../../src/config/keys.ts";
import type { Config } from "../../src/config/load.ts";
import { OrchestratorError } from "../../src/domain/errors.ts";
import type { Role } from "../../src/domain/task.ts";
import type { AgentKind } from "../../src/domain/words.ts";
import { isClaudeCommand } from "../../src/setup/agent_checks.ts";
import type { Deps } from "../cli/command.ts";
import { wordsOf } from "./agent_settings.ts";

/** What a command was told of the agent that it is to run. */
export interface AgentWish {
  readonly agent: AgentKind | undefined;
  readonly command: string | undefined;
  readonly rehearse: string | undefined;
}

export interface ChosenAgent {
  readonly kind: AgentKind;
  /** Its words, as a Worker or a Leader is given them. */
  readonly command: readonly string[];
  readonly workshop: Workshop;
}

/**
 * The agent of a member by option, else by configuration (what is said for its role first), else the
 * configured command. `--rehearse` alone means the rehearsal.
 *
 * @throws OrchestratorError USAGE for options that exclude each other, INVALID_INPUT for a script or a
 *   command that cannot be read
 */
export async function chooseAgent(
  deps: Deps,
  config: Config,
  wish: AgentWish,
  role: Role,
): Promise<ChosenAgent> {
  const kind = kindOf(config, wish);
  const [clock, random, files] = await Promise.all([deps.clock(), deps.random(), deps.files()]);
  const here = workshopHere({ clock, random, env: deps.host.env }, files);
  if (kind !== "rehearsal") {
    return {
      kind,
      command: commandOf(deps, kind, config, { given: wish.command, role }),
      workshop: here,
    };
  }
  const { REHEARSAL_COMMAND, rehearsalWorkshop } = await import(
    "../../src/rehearsal/rehearsal_workshop.ts"
  );
  const { parseScript } = await import("../../src/rehearsal/script.ts");
  const script = parseScript(wish.rehearse ?? config.value("rehearse") ?? "");
  return { kind, command: REHEARSAL_COMMAND, workshop: rehearsalWorkshop(here, { clock, script }) };
}

function kindOf(config: Config, { agent, command, rehearse }: AgentWish): AgentKind {
  if (rehearse !== undefined) {
    if (agent !== undefined && agent !== "rehearsal") throw excluded("rehearse", `agent ${agent}`);
    if (command !== undefined) throw excluded("rehearse", "command");
    return "rehearsal";
  }
  if (command === undefined) return agent ?? config.value("agent") ?? "command";
  if (agent === "rehearsal") throw excluded("command", "agent rehearsal");
  return agent ?? "command";
}

function excluded(one: string, other: string): OrchestratorError {
  return new OrchestratorError("USAGE", `Option "--${one}" does not go with --${other}`);
}

function commandOf(
  deps: Deps,
  kind: AgentKind,
  config: Config,
  { given, role }: { readonly given: string | undefined; readonly role: Role },
): readonly string[] {
  const configured = given === undefined ? config.ofRole("command", role) : wordsOf(given);
  const words = configured ?? config.value("command");
  const isOther = kind === "claude" && !isClaudeCommand(words);
  const command = isOther ? wordsOf(DEFAULT_COMMAND) : words;
  const model = config.ofRole("model", role);
  if (model === null || namesModel(command)) return command;
  if (isClaudeCommand(command)) return [...command, "--model", model];
  deps.out.warn({
    code: "CONFIG",
    message:
      `The model ${model} is not used: name it in the command, which is not a claude command`,
  });
  return command;
}

function namesModel(words: readonly string[]): boolean {
  return words.some((word) => word === "--model" || word.startsWith("--model="));
}
