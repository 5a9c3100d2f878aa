import { closest } from "../domain/closest.ts";
import { DURATION_PROBLEM, parseDuration } from "../domain/duration.ts";
import { OrchestratorError } from "../domain/errors.ts";
import { chance } from "./chance.ts";
import { isMishap, isPart, type Mishap, MISHAP_NAMES, MISHAPS, type Part, PARTS } from "./part.ts";

/** In which runs of a part its mishap happens. */
export type When =
  /** The nth run, from 1. */
  | { readonly kind: "nth"; readonly nth: number }
  | { readonly kind: "always" }
  /** Each run with this chance, from 0 to 1. */
  | { readonly kind: "chance"; readonly chance: number };

export interface Cue {
  readonly mishap: Mishap;
  readonly part: Part;
  readonly when: When;
}

/** What a rehearsal is to play. */
export interface Script {
  readonly cues: readonly Cue[];
  /** Of everything that looks like chance. */
  readonly seed: number;
  /** ms that a run takes, give or take a half. */
  readonly timeMs: number;
  /** ms after which a rehearsed rate limit is lifted. */
  readonly resetMs: number;
  /** ms after which `stall` and `hang` count as over a limit, where the limit itself is longer. */
  readonly patienceMs: number;
}

/** A rehearsal in which nothing goes wrong. */
export const PLAIN_SCRIPT: Script = {
  cues: [],
  seed: 1,
  timeMs: 1500,
  resetMs: 5000,
  patienceMs: 15_000,
};

/** Cues that one script may hold. */
const MAX_CUES = 100;
const GRAMMAR =
  'Write what@part or what@part#nth, separated by commas, such as "429@build#2,crash@verify"; ' +
  "#* is each run, #20% each with that chance; seed=7, time=2s, reset=5s and patience=15s set the rest";

const CUE = /^([\w-]+)@([\w-]+)(?:#(\S+))?$/;
const SETTING = /^([a-z]+)=(.*)$/;

/**
 * Reads a script: `429@build#2,crash@verify#1,seed=7`. Blanks around the entries and empty entries do not
 * matter.
 *
 * @throws OrchestratorError INVALID_INPUT, naming the entry
 */
export function parseScript(text: string): Script {
  const entries = text.split(",").map((entry) => entry.trim()).filter((entry) => entry !== "");
  if (entries.length > MAX_CUES) throw invalid(text, `it has more than ${MAX_CUES} entries`);
  return entries.reduce<Script>((script, entry) => {
    const [, name, value] = SETTING.exec(entry) ?? [];
    if (name !== undefined && value !== undefined) {
      return { ...script, ...setting(entry, name, value) };
    }
    return { ...script, cues: [...script.cues, readCue(entry)] };
  }, PLAIN_SCRIPT);
}

function readCue(entry: string): Cue {
  const [, mishap, part, when] = CUE.exec(entry) ?? [];
  if (mishap === undefined || part === undefined) throw invalid(entry, "it is not what@part#nth");
  if (!isMishap(mishap)) throw unknown(entry, mishap, "is nothing that can happen", MISHAP_NAMES);
  if (!isPart(part)) throw unknown(entry, part, "is no part of a rehearsal", PARTS);
  const where: readonly Part[] = MISHAPS[mishap];
  if (!where.includes(part)) {
    throw invalid(entry, `"${mishap}" happens at ${where.join(", ")} only`);
  }
  return { mishap, part, when: readWhen(entry, when ?? "1") };
}

function readWhen(entry: string, text: string): When {
  if (text === "*") return { kind: "always" };
  const percent = /^(\d{1,3})%$/.exec(text)?.[1];
  if (percent !== undefined && Number(percent) <= 100) {
    return { kind: "chance", chance: Number(percent) / 100 };
  }
  const nth = /^[1-9]\d{0,5}$/.test(text) ? Number(text) : null;
  if (nth === null) throw invalid(entry, `"#${text}" is not #1, #2 …, #* or a chance such as #20%`);
  return { kind: "nth", nth };
}

function setting(entry: string, name: string, value: string): Partial<Script> {
  if (name === "seed") {
    if (!/^\d{1,9}$/.test(value)) throw invalid(entry, "a seed is a whole number from 0");
    return { seed: Number(value) };
  }
  if (name !== "time" && name !== "reset" && name !== "patience") {
    throw unknown(entry, name, "is no setting", ["seed", "time", "reset", "patience"]);
  }
  const ms = parseDuration(value);
  if (ms === null) throw invalid(entry, `"${name}" ${DURATION_PROBLEM}`);
  return { [`${name}Ms`]: ms };
}

function unknown(
  entry: string,
  word: string,
  what: string,
  known: readonly string[],
): OrchestratorError {
  const meant = closest(word, known);
  const rest = meant === null ? `known are ${known.join(", ")}` : `did you mean "${meant}"?`;
  return invalid(entry, `"${word}" ${what}: ${rest}`);
}

function invalid(entry: string, problem: string): OrchestratorError {
  return new OrchestratorError("INVALID_INPUT", `Cannot rehearse "${entry}": ${problem}`, {
    hint: GRAMMAR,
    details: { entry },
  });
}

/** One run, as far as a script asks. */
export interface Occasion {
  readonly part: Part;
  /** Which run of its task this is, from 1. */
  readonly nth: number;
  /** What it is about: with `nth` it names the run in the whole team. */
  readonly subject: string;
}

/** What goes wrong in a run: by the first cue that fits; null: nothing. */
export function mishapAt({ cues, seed }: Script, { part, nth, subject }: Occasion): Mishap | null {
  const fits = ({ mishap, part: wanted, when }: Cue): boolean => {
    if (wanted !== part) return false;
    if (when.kind === "nth") return when.nth === nth;
    return when.kind === "always" || chance(seed, `${mishap} ${subject} ${nth}`) < when.chance;
  };
  return cues.find(fits)?.mishap ?? null;
}
