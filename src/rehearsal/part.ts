import { KNOWN_LINKS } from "../domain/words.ts";

/** What an agent is asked to do in a team: a link, a task without one, a message, or the Leader's two. */
export const PARTS = [...KNOWN_LINKS, "task", "message", "decompose", "decide"] as const;
export type Part = (typeof PARTS)[number];

/** Parts that judge the work before them. */
const JUDGING: readonly Part[] = ["verify", "review", "accept", "decide"];
/** Parts whose report has a status. */
const REPORTING: readonly Part[] = [...KNOWN_LINKS, "task"];
/** Parts that change files. */
export const WRITING: readonly Part[] = ["build", "task"];
const ANSWERING: readonly Part[] = ["decompose", "decide"];

/** What can go wrong on request, and in which parts. */
export const MISHAPS = {
  "429": PARTS,
  overload: PARTS,
  login: PARTS,
  budget: PARTS,
  turns: PARTS,
  deny: PARTS,
  crash: PARTS,
  noresult: PARTS,
  stall: PARTS,
  hang: PARTS,
  slow: PARTS,
  badjson: ANSWERING,
  feedback: JUDGING,
  reject: JUDGING,
  blocked: REPORTING,
  failed: REPORTING,
  conflict: WRITING,
} as const satisfies Record<string, readonly Part[]>;
export type Mishap = keyof typeof MISHAPS;

export const MISHAP_NAMES = Object.keys(MISHAPS) as Mishap[];

/** Whether a word names a mishap. */
export function isMishap(word: string): word is Mishap {
  return Object.hasOwn(MISHAPS, word);
}

/** Whether a word names a part. */
export function isPart(word: string): word is Part {
  return PARTS.some((part) => part === word);
}
