/**
 * A terminal on paper: understands what the screen writes, and nothing else. A wide character of which
 * one half is written over loses the other half, as on real ones.
 */
export class PaperTerminal {
  readonly #rows: (string | null)[][];
  readonly #columns: number;
  #row = 0;
  #column = 0;

  constructor({ columns, rows }: { readonly columns: number; readonly rows: number }) {
    this.#columns = columns;
    this.#rows = Array.from({ length: rows }, () => Array.from({ length: columns }, () => " "));
  }

  /** Throws for a control sequence that it does not know. */
  write(text: string): void {
    // deno-lint-ignore no-control-regex
    const pattern = /\x1b\[(\??)([\d;]*)([A-Za-z])/y;
    for (let at = 0; at < text.length;) {
      pattern.lastIndex = at;
      const sequence = pattern.exec(text);
      if (sequence !== null) {
        this.#act(
          sequence[3] ?? "",
          sequence[1] === "?",
          (sequence[2] ?? "").split(";").map(Number),
        );
        at = pattern.lastIndex;
        continue;
      }
      const { value } = new Intl.Segmenter().segment(text.slice(at, at + 40))[Symbol.iterator]()
        .next();
      this.#put(value?.segment ?? "");
      at += value?.segment.length ?? 1;
    }
  }

  text(): string {
    return this.#rows.map((row) => row.map((cell) => cell ?? "").join("").trimEnd()).join("\n");
  }

  #act(letter: string, isPrivate: boolean, numbers: readonly number[]): void {
    const [first = 1, second = 1] = numbers;
    if (letter === "H") [this.#row, this.#column] = [first - 1, second - 1];
    else if (letter === "G") this.#column = first - 1;
    else if (letter === "K") this.#erase(first === 2 ? 0 : this.#column);
    else if (letter !== "m" && !isPrivate) throw new Error(`Unknown sequence ${letter}`);
  }

  #erase(from: number): void {
    for (let column = from; column < this.#columns; column++) this.#set(column, " ");
  }

  #put(grapheme: string): void {
    const isWide = /\p{Script=Han}|\p{Emoji_Presentation}/u.test(grapheme);
    this.#set(this.#column, grapheme);
    if (isWide) {
      this.#set(this.#column + 1, " ");
      const row = this.#rows[this.#row];
      if (row !== undefined) {
        row[this.#column] = grapheme;
        row[this.#column + 1] = null;
      }
    }
    this.#column += isWide ? 2 : 1;
  }

  #set(column: number, text: string): void {
    const row = this.#rows[this.#row];
    if (row === undefined || column >= this.#columns) {
      throw new Error("Written outside of the screen");
    }
    if (row[column] === null) row[column - 1] = " ";
    if (row[column + 1] === null) row[column + 1] = " ";
    row[column] = text;
  }
}
