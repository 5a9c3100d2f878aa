import type { Clock } from "../platform/clock.ts";
import type { AgentRequest } from "./agent_request.ts";
import type { AgentCommand } from "./command_line.ts";
import { parseEvent } from "./event_stream.ts";
import { type Line, LineSplitter } from "./line_splitter.ts";
import { RunDigest } from "./run_digest.ts";
import { progressLines, terminalText } from "./terminal_text.ts";
import type { Transcript } from "./transcript.ts";
import { allTokens, type Usage } from "./usage.ts";

/** Longest line of a stream, in bytes: tool results carry whole files. */
const MAX_LINE_BYTES = 32 * 1024 * 1024;
/** How much of the end of standard error, or of a plain agent's output, is kept, in characters. */
const MAX_TAIL = 8 * 1024;
const MAX_PLAIN_TEXT = 200 * 1024;

/** The tool by which an answer that follows a schema is given. */
const ANSWERING = "StructuredOutput";

/** What an agent prints, as it comes: to the log, to whoever watches, and into the digest. */
export class AgentOutput {
  readonly digest = new RunDigest();
  /** The end of standard error; for plain agents of both streams. */
  tail = "";
  /** What a plain agent has said on standard output. */
  plainText = "";
  /** By the monotonic clock; -Infinity before the first output. */
  lastAt = -Infinity;
  readonly #kind: AgentCommand["kind"];
  readonly #clock: Clock;
  readonly #show: (line: string) => void;
  readonly #tellUsage: (usage: Usage, model: string | null) => void;
  readonly #budgetTokens: number;
  readonly #overspent = new AbortController();
  #finished = new AbortController();

  constructor(
    kind: AgentCommand["kind"],
    clock: Clock,
    request: Pick<AgentRequest, "onOutput" | "onUsage" | "budgetTokens">,
  ) {
    this.#kind = kind;
    this.#clock = clock;
    this.#show = request.onOutput ?? (() => {});
    this.#tellUsage = request.onUsage ?? (() => {});
    this.#budgetTokens = request.budgetTokens ?? Infinity;
  }

  /** Aborted at the next result. */
  get finished(): AbortSignal {
    return this.#finished.signal;
  }

  /**
   * Aborted when more tokens are used than may be, and a tool is asked for: who is over the limit with
   * the last words of its answer has nothing left that could be saved.
   */
  get overspent(): AbortSignal {
    return this.#overspent.signal;
  }

  /** Reads a stream to its end; one that is destroyed ends there. */
  async read(
    stream: NodeJS.ReadableStream | null,
    name: "stdout" | "stderr",
    log: Transcript["write"],
  ): Promise<void> {
    if (stream === null) return;
    const splitter = new LineSplitter(MAX_LINE_BYTES);
    const take = (line: Line) => this.#take(line, name);
    try {
      for await (const chunk of stream) {
        const bytes = typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk;
        this.lastAt = this.#clock.monotonic();
        await log(bytes);
        splitter.push(bytes).forEach(take);
      }
    } catch {
      // It was destroyed: what had come is kept.
    }
    splitter.end().forEach(take);
  }

  #take(line: Line, name: "stdout" | "stderr"): void {
    if (name === "stdout" && this.#kind === "claude") return this.#takeEvents(line);
    if (line.type !== "line") return;
    this.tail = lastOf(`${this.tail}${line.text}\n`, MAX_TAIL);
    if (name === "stdout") {
      this.plainText = lastOf(`${this.plainText}${line.text}\n`, MAX_PLAIN_TEXT);
    }
    this.#show(terminalText(line.text));
  }

  #takeEvents(line: Line): void {
    for (const event of line.type === "line" ? parseEvent(line.text) : [line]) {
      this.digest.add(event);
      progressLines(event).forEach(this.#show);
      if (event.type === "usage" || event.type === "result") this.#tellUsed();
      if (event.type === "result") this.#tellFinished();
      if (event.type === "tool_use" && event.name !== ANSWERING) this.#checkBudget();
    }
  }

  #checkBudget(): void {
    const { usage } = this.digest;
    if (usage !== null && allTokens(usage) > this.#budgetTokens) this.#overspent.abort();
  }

  #tellUsed(): void {
    const { usage, model } = this.digest;
    if (usage !== null) this.#tellUsage(usage, model);
  }

  #tellFinished(): void {
    const finished = this.#finished;
    this.#finished = new AbortController();
    finished.abort();
  }
}

function lastOf(text: string, max: number): string {
  return text.length > max ? text.slice(-max) : text;
}
