import { type AgentEvent, type ResultEvent, usageOf } from "./event_stream.ts";
import { allTokens, type Usage, UsageMeter } from "./usage.ts";

/** Tools that leave nothing behind: a run that used no other has changed nothing. */
const CHANGES_NOTHING = new Set([
  "Read",
  "Glob",
  "Grep",
  "LS",
  "NotebookRead",
  "TodoWrite",
  "ToolSearch",
  "WebFetch",
  "WebSearch",
  "StructuredOutput",
]);

/** What of a run's events is needed to judge it, kept as they pass; the events themselves are not. */
export class RunDigest {
  sessionId: string | null = null;
  model: string | null = null;
  result: ResultEvent | null = null;
  lastError: Extract<AgentEvent, { type: "api_error" }> | null = null;
  /** The last limit that was reached. */
  rateLimit: Extract<AgentEvent, { type: "rate_limit" }> | null = null;
  /** First line that is not an event: the version banner, or what went wrong before the start. */
  firstLine: string | null = null;
  /** Tool calls that succeeded. */
  succeeded = 0;
  /** Those among them that can have changed something. */
  changed = 0;
  readonly #tools = new Map<string, string>();
  readonly #meter = new UsageMeter();

  /**
   * What the run has used: as its result says, or so far. Null where nothing tells. The result of an
   * interrupted run leaves out the message in flight, so the greater of both counts.
   */
  get usage(): Usage | null {
    const told = usageOf(this.result?.usage);
    const seen = this.#meter.total();
    if (told === null || seen === null) return told ?? seen;
    const wasInterrupted = this.result?.terminal_reason?.startsWith("aborted") ?? false;
    return wasInterrupted && allTokens(seen) > allTokens(told) ? seen : told;
  }

  add(event: AgentEvent): void {
    switch (event.type) {
      case "started":
        this.sessionId = event.sessionId;
        this.model = event.model === "" ? null : event.model;
        break;
      case "usage":
        this.#meter.add(event.messageId, event.usage, event.characters);
        break;
      case "tool_use":
        this.#tools.set(event.id, event.name);
        break;
      case "tool_result":
        this.#addToolResult(event);
        break;
      case "api_error":
        this.lastError = event;
        break;
      case "rate_limit":
        if (event.status === "rejected") this.rateLimit = event;
        break;
      case "result":
        this.result = event.result;
        this.sessionId = event.result.session_id ?? this.sessionId;
        break;
      case "line":
        this.firstLine ??= event.text;
        break;
    }
  }

  #addToolResult(event: Extract<AgentEvent, { type: "tool_result" }>): void {
    const tool = this.#tools.get(event.id);
    this.#tools.delete(event.id);
    if (tool === undefined || event.isError) return;
    this.succeeded++;
    if (!CHANGES_NOTHING.has(tool)) this.changed++;
  }
}
