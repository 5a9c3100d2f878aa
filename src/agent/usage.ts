/** Tokens, as the provider counts them. */
export interface Usage {
  /** Of the input, those of the cache not among them. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheCreationTokens: number;
  readonly cacheReadTokens: number;
}

/** Characters of an answer that stand for one token, where nobody has counted them. */
const CHARACTERS_A_TOKEN = 4;

/**
 * What a run has used so far, message by message. Measured on 2.1.330: a message comes as one event for
 * each of its blocks, all with the same id and the same usage, which is that of its beginning: the input
 * is exact, but of the output only the first few tokens are counted. So the output is estimated by its
 * length, until the result tells.
 */
export class UsageMeter {
  readonly #messages = new Map<string, { usage: Usage; characters: number }>();

  /** Takes in one event of a message: its usage, and the length of what the event holds of it. */
  add(messageId: string, usage: Usage, characters: number): void {
    const before = this.#messages.get(messageId)?.characters ?? 0;
    this.#messages.set(messageId, { usage, characters: before + characters });
  }

  /** The sum; null while there was no message. */
  total(): Usage | null {
    if (this.#messages.size === 0) return null;
    const sum = { inputTokens: 0, outputTokens: 0, cacheCreationTokens: 0, cacheReadTokens: 0 };
    for (const { usage, characters } of this.#messages.values()) {
      sum.inputTokens += usage.inputTokens;
      sum.outputTokens += Math.max(
        usage.outputTokens,
        Math.ceil(characters / CHARACTERS_A_TOKEN),
      );
      sum.cacheCreationTokens += usage.cacheCreationTokens;
      sum.cacheReadTokens += usage.cacheReadTokens;
    }
    return sum;
  }
}

/** Tokens in all, as budgets count them: what was read, the cache included, and what was written. */
export function allTokens(usage: Usage): number {
  return usage.inputTokens + usage.outputTokens + usage.cacheCreationTokens +
    usage.cacheReadTokens;
}
