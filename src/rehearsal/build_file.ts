import { join } from "node:path";
import { terminalLine } from "../domain/terminal_text.ts";
import { choose } from "./chance.ts";
import { requirementsOf } from "./requirements.ts";
import type { Scene } from "./scene.ts";

/** Where rehearsals write, below the work directory. */
export const REHEARSAL_DIRECTORY = "rehearsal";

/** A file that a rehearsal writes. */
export interface BuildFile {
  /** Path from the work directory, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/**
 * What a link that builds writes: a small document that follows from the task, the seed and the number
 * of the run. In a `conflict` all write the same file, each differently.
 */
export function buildFile(scene: Scene, seed: number, isConflict: boolean): BuildFile {
  const name = isConflict ? "shared" : scene.subject.replace(/[^\w.-]/g, "_");
  const title = terminalLine(scene.title === "" ? scene.subject : scene.title, 120);
  const [first, ...rest] = requirementsOf(scene.text);
  const lines = [
    `# ${isConflict ? `${title}, as ${scene.subject} has it` : title}`,
    "",
    `Written by a rehearsal (seed ${seed}); no model was asked.`,
    "",
    ...[first, ...rest].map((it, at) => `- R${at + 1}: ${it}: ${wordFor(seed, scene, at)}`),
    "",
    `Run ${scene.nth} of ${scene.subject}.`,
  ];
  const guidance = terminalLine(scene.guidance, 200);
  if (guidance !== "") lines.push("", `Dealt with: ${guidance}`);
  return { path: `${REHEARSAL_DIRECTORY}/${name}.md`, text: `${lines.join("\n")}\n` };
}

const WORDS = ["done", "built", "in place", "made"] as const;

function wordFor(seed: number, { subject, nth }: Scene, at: number): string {
  return choose(seed, `${subject} ${nth} ${at}`, WORDS);
}

/** A text without the marks of a conflict: both sides hold. */
export function withoutMarks(text: string): string {
  return text.split("\n")
    .filter((line) => !/^(<<<<<<<|=======|>>>>>>>)( |\r?$)/.test(line)).join("\n");
}

/** The file's place on this machine. */
export function placeOf(cwd: string, { path }: BuildFile): string {
  return join(cwd, ...path.split("/"));
}
