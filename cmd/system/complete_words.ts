import { terminalLine } from "../../src/domain/terminal_text.ts";
import {
  type Candidate,
  candidates,
  commandOf,
  givenGlobal,
  type Lookup,
} from "../completion/candidates.ts";
import { defineCommand, type Deps } from "../cli/command.ts";

/** ms after which a Tab offers nothing rather than hold up the prompt. */
const DEADLINE_MS = 1000;

/** Characters of a description: more would not fit beside the word. */
const MAX_ABOUT = 60;

/**
 * Answers the completion scripts: `word<Tab>description` lines, the words as they are to stand in the line;
 * or one line `:file<Tab>before`, `:directory<Tab>before`, where paths may stand behind what comes before.
 * What cannot be looked up is left out, without a word.
 */
export default defineCommand({
  options: {},
  positionals: [{ name: "words", help: "Words of the line, the last one unfinished", rest: true }],
  examples: [{ says: "As the scripts call it", command: "claude-orchestrator __complete -- pu" }],
  output: { kind: "text" },
  run: async (deps, _options, words) => {
    const entry = commandOf(words, deps.commands);
    const wanted = candidates(words, deps.commands, entry && (await entry.load()).default);
    if (wanted.kind === "file" || wanted.kind === "directory") {
      return await deps.out.text(`:${wanted.kind}\t${wanted.before}\n`);
    }
    const found = wanted.kind === "words" ? wanted.candidates : await looked(deps, wanted, words);
    const lines = found.filter(({ word }) => isPlain(word))
      .map(({ word, about }) => `${word}\t${terminalLine(about, MAX_ABOUT)}\n`);
    await deps.out.text(lines.join(""));
  },
});

/** Whether a word can be typed, and shown, as it is. */
function isPlain(word: string): boolean {
  return word !== "" && word === terminalLine(word, Infinity);
}

async function looked(
  deps: Deps,
  wanted: Lookup,
  words: readonly string[],
): Promise<Candidate[]> {
  const found = wanted.kind === "config-key"
    ? await configKeys()
    : await inTime(deps, wanted, words);
  return found.filter(({ word }) => word.startsWith(wanted.prefix))
    .map(({ word, about }) => ({ word: wanted.before + word, about }));
}

async function configKeys(): Promise<Candidate[]> {
  const { KEY_NAMES, KEYS } = await import("../../src/config/keys.ts");
  return KEY_NAMES.map((word) => ({ word, about: KEYS[word].about }));
}

/** What is alive, or nothing where that does not come in time, or fails. */
async function inTime(
  deps: Deps,
  wanted: Lookup,
  words: readonly string[],
): Promise<readonly Candidate[]> {
  const [{ livingWords }, clock] = await Promise.all([
    import("../completion/living.ts"),
    deps.clock(),
  ]);
  return await new Promise((resolve) => {
    const timer = clock.timer(DEADLINE_MS, () => resolve([]));
    const given = {
      zookeeper: givenGlobal(words, "zookeeper"),
      instanceId: givenGlobal(words, "instance-id"),
    };
    livingWords(deps, wanted, given).catch(() => [])
      .finally(() => timer.cancel()).then(resolve);
  });
}
