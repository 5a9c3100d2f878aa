import { join } from "node:path";
import type { Clock } from "../platform/clock.ts";
import type { Files } from "../platform/files.ts";
import { buildFile, placeOf, REHEARSAL_DIRECTORY, withoutMarks } from "./build_file.ts";
import { chance } from "./chance.ts";
import { decision, decomposition, uselessAnswer } from "./leader_answer.ts";
import { linkAnswer } from "./link_report.ts";
import { type Ending, misfortune, OK } from "./misfortune.ts";
import { type Mishap, WRITING } from "./part.ts";
import type { Scene } from "./scene.ts";
import type { Script } from "./script.ts";
import { CutShort, type Stage } from "./stage.ts";

export interface PlayNeeds {
  readonly script: Script;
  readonly clock: Clock;
  readonly files: Files;
  /** The work directory. */
  readonly cwd: string;
}

const STEPS: readonly string[] = ["Reading what is asked", "Looking around", "Getting to work"];
/** How many times as long a slow run takes. */
const SLOW = 10;
/** ms between two signs of life of a run that hangs. */
const SIGN_OF_LIFE_MS = 250;
/** Names in the directory of rehearsals that an answer tells. */
const MAX_FOUND = 10;

/** Plays one run to its end. Throws `CutShort`; OrchestratorError where its file cannot be written. */
export async function play(
  scene: Scene,
  mishap: Mishap | null,
  stage: Stage,
  needs: PlayNeeds,
): Promise<Ending> {
  const { script } = needs;
  const pace = 0.5 + chance(script.seed, `pace ${scene.subject} ${scene.part} ${scene.nth}`);
  const wholeMs = script.timeMs * pace * (mishap === "slow" ? SLOW : 1);
  const stepMs = wholeMs / (STEPS.length + 1);
  await stage.say(`A rehearsal of ${scene.part}, run ${scene.nth}: no model is asked`);
  for (const step of STEPS) {
    await stage.pass(stepMs);
    await stage.say(step);
  }
  if (mishap === "stall" || mishap === "hang") return await runOver(mishap, stage, script);
  const wrote = await write(scene, mishap, stage, needs);
  const ended = misfortune(mishap, scene, needs.clock.now() + script.resetMs);
  if (ended !== null) {
    await stage.say(`✗ ${"reason" in ended.outcome ? ended.outcome.reason : ended.outcome.kind}`);
    return ended;
  }
  await stage.pass(stepMs);
  const ending = answer(scene, mishap, needs, wrote);
  await stage.write(`${ending.text}\n`);
  return ending;
}

/** Runs into a limit: of silence, or of time in all. */
async function runOver(kind: "stall" | "hang", stage: Stage, script: Script): Promise<never> {
  if (kind === "stall") {
    await stage.pass(script.patienceMs);
    throw new CutShort("stall");
  }
  while (stage.elapsedMs < script.patienceMs) {
    await stage.pass(SIGN_OF_LIFE_MS);
    await stage.say("Still at it");
  }
  throw new CutShort("total");
}

/** Writes the file of a part that writes; half of it where the run breaks off. Returns its path. */
async function write(
  scene: Scene,
  mishap: Mishap | null,
  stage: Stage,
  { script, files, cwd }: PlayNeeds,
): Promise<string | null> {
  if (!WRITING.includes(scene.part)) return null;
  if (mishap !== null && BEFORE_WORK.includes(mishap)) return null;
  const file = buildFile(scene, script.seed, mishap === "conflict");
  const isWhole = mishap === null || !IN_WORK.includes(mishap);
  const text = isWhole ? file.text : file.text.slice(0, file.text.length / 2);
  files.replace(placeOf(cwd, file), text, 0o644);
  resolve(files, cwd);
  await stage.say(`→ Write ${file.path}`);
  return file.path;
}

/** Ends the conflicts in what rehearsals wrote; what else is in conflict nobody plays. */
function resolve(files: Files, cwd: string): void {
  const directory = join(cwd, REHEARSAL_DIRECTORY);
  for (const name of files.list(directory)) {
    const path = join(directory, name);
    const text = files.status(path)?.kind === "file" ? files.read(path) ?? "" : "";
    const resolved = withoutMarks(text);
    if (resolved !== text) files.replace(path, resolved, 0o644);
  }
}

/** Mishaps that come before anything is written, and those that break the work off. */
const BEFORE_WORK: readonly Mishap[] = ["429", "overload", "login", "deny"];
const IN_WORK: readonly Mishap[] = ["crash", "noresult", "budget", "turns"];

function answer(
  scene: Scene,
  mishap: Mishap | null,
  { script, files, cwd }: PlayNeeds,
  wrote: string | null,
): Ending {
  if (scene.part === "decompose" || scene.part === "decide") {
    if (mishap === "badjson") {
      const text = uselessAnswer(script.seed, scene);
      return { ...OK, outcome: { kind: "no_structured_output" }, text };
    }
    const value = scene.part === "decompose" ? decomposition(scene) : decision(scene, mishap);
    return { ...OK, text: JSON.stringify(value), structuredOutput: value };
  }
  const found = files.list(join(cwd, REHEARSAL_DIRECTORY)).slice(0, MAX_FOUND);
  return { ...OK, text: linkAnswer(scene.part, scene, mishap, { wrote, found }) };
}
