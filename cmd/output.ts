import { terminalLine, terminalText } from "../src/agent/terminal_text.ts";
import type { Column } from "./cli/grid.ts";
import type { OutputFormat } from "./cli/globals.ts";
import type { Sink } from "./cli/host.ts";
import { terminalSafeJson } from "./cli/safe_json.ts";

/** What a command may say on stderr without failing. */
export interface Warning {
  readonly code: string;
  readonly message: string;
  readonly [detail: string]: unknown;
}

export interface OutputOptions {
  readonly format: OutputFormat | undefined;
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** In tables. */
  readonly colours: boolean;
}

/**
 * Writes what a command has to say: data to stdout in the form that was asked for, the rest to
 * stderr as JSON lines (`{"warning": …}`, `{"note": …}`).
 */
export class Output {
  readonly #stdout: Sink;
  readonly #stderr: Sink;
  readonly #options: OutputOptions;

  constructor(stdout: Sink, stderr: Sink, options: OutputOptions) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.#options = options;
  }

  /** One object: 2-space JSON, one line of JSON, or `field  value` lines. */
  async document(value: object): Promise<void> {
    if (this.#options.format === "table") return await this.#table([value], null);
    this.#json(value);
    await this.#stdout.ready();
  }

  /** Many of a kind: a JSON array, one line of JSON each, or a table. */
  async list<T extends object>(items: readonly T[], columns: readonly Column<T>[]): Promise<void> {
    if (this.#options.format === "table") return await this.#table(items, columns);
    if (this.#options.format === "jsonl") {
      for (const item of items) await this.#line(item);
    } else {
      this.#json(items);
    }
    await this.#stdout.ready();
  }

  /** One line of a stream; `text` is what people see with `--output table`. */
  async event<T extends { v: 1; type: string; time: string }>(
    value: T,
    text: string,
  ): Promise<void> {
    if (this.#options.format === "table") {
      this.#stdout.write(`${terminalLine(text, Infinity)}\n`);
      return await this.#stdout.ready();
    }
    await this.#line(value);
  }

  /** Text as it is: help, completion scripts, logs. */
  async text(text: string): Promise<void> {
    this.#stdout.write(this.#stdout.isTerminal ? terminalText(text) : text);
    await this.#stdout.ready();
  }

  /** Warns of a node that does not parse, and is therefore missing from the answer. */
  leftOut({ path, problem }: { readonly path: string; readonly problem: string }): void {
    this.warn({ code: "CORRUPT_DATA", message: `Left out ${path}: ${problem}`, path });
  }

  /** Something is amiss, but the command goes on. */
  warn(warning: Warning): void {
    if (!this.#options.quiet) this.#aside({ warning });
  }

  /** Something was done that nobody asked for by name. */
  tell(message: string, details: Readonly<Record<string, unknown>> = {}): void {
    if (!this.#options.quiet) this.#aside({ note: { message, ...details } });
  }

  /** What is being done, for `--verbose`. */
  note(message: string, details: Readonly<Record<string, unknown>> = {}): void {
    if (this.#options.verbose) this.#aside({ note: { message, ...details } });
  }

  #aside(value: object): void {
    this.#stderr.write(`${terminalSafeJson(JSON.stringify(value))}\n`);
  }

  #json(value: object): void {
    const indent = this.#options.format === "jsonl" ? undefined : 2;
    this.#stdout.write(`${terminalSafeJson(JSON.stringify(value, null, indent))}\n`);
  }

  async #line(value: object): Promise<void> {
    this.#stdout.write(`${terminalSafeJson(JSON.stringify(value))}\n`);
    await this.#stdout.ready();
  }

  async #table<T extends object>(
    items: readonly T[],
    columns: readonly Column<T>[] | null,
  ): Promise<void> {
    const { grid } = await import("./cli/grid.ts");
    const width = this.#stdout.isTerminal ? this.#stdout.columns : undefined;
    const lines = columns === null
      ? items.flatMap((item) => fieldLines(item))
      : grid(items, columns, { width, colours: this.#options.colours });
    this.#stdout.write(lines.map((line) => `${line}\n`).join(""));
    await this.#stdout.ready();
  }
}

/** `name: value`, one a line; what lies inside an object is named by its path, as jq has it. */
function fieldLines(value: object, path = ""): string[] {
  return Object.entries(value).flatMap(([name, field]): string[] => {
    const title = terminalLine(path === "" ? name : `${path}.${name}`, Infinity);
    const isEmpty = typeof field === "object" && Object.keys(field ?? {}).length === 0;
    if (field === undefined || isEmpty) return [`${title}: -`];
    if (Array.isArray(field)) return [`${title}:`, ...field.map((item) => `  ${shownValue(item)}`)];
    return typeof field === "object"
      ? fieldLines(field, title)
      : [`${title}: ${shownValue(field)}`];
  });
}

function shownValue(value: unknown): string {
  const shown = typeof value === "string" ? terminalText(value) : JSON.stringify(value ?? null);
  return terminalSafeJson(shown).replaceAll("\n", "\n    ");
}
