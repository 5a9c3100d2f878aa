/** The last JSON object of a text, or where the last thing that began like one broke off. */
export type FoundJson =
  | { readonly kind: "object"; readonly value: unknown }
  /** `line` and `column` count from 1; `expected` is what should have stood there. */
  | {
    readonly kind: "broken";
    readonly line: number;
    readonly column: number;
    readonly expected: string;
  }
  | { readonly kind: "none" };

/** Objects and arrays inside each other; no answer needs as many. */
const MAX_DEPTH = 100;

/**
 * Finds the last JSON object in what an agent printed: between sentences, in a fence, or bare. An object
 * inside another one does not count, and neither does what is inside one that breaks off. A whole object
 * wins over a broken one behind it, since prose has braces too. Takes time in proportion to the text:
 * after an object, whole or broken, the search goes on behind it.
 */
export function lastJsonObject(text: string): FoundJson {
  let last: { start: number; end: number } | null = null;
  let broken: Break | null = null;
  let at = text.indexOf("{");
  while (at !== -1) {
    const scanned = new Scan(text, at).object();
    if (scanned.whole) last = { start: at, end: scanned.at };
    else broken = scanned.isObject ? scanned : broken;
    at = text.indexOf("{", scanned.whole ? scanned.at : scanned.resume);
  }
  if (last !== null) {
    return { kind: "object", value: JSON.parse(text.slice(last.start, last.end)) };
  }
  if (broken === null) return { kind: "none" };
  return { kind: "broken", ...positionOf(text, broken.at), expected: broken.expected };
}

interface Break {
  readonly whole: false;
  readonly at: number;
  readonly expected: string;
  /** Where the next object may begin. */
  readonly resume: number;
  /** Whether it got as far as a key: a brace in prose does not. */
  readonly isObject: boolean;
}

/** What may come next inside an object or an array. */
type Wanted = "first key" | "key" | "colon" | "value" | "first value" | "comma";

const EXPECTED: Readonly<Record<Wanted, string>> = {
  "first key": 'a key in double quotes, or "}"',
  key: "a key in double quotes",
  colon: '":"',
  value: "a value",
  "first value": 'a value, or "]"',
  comma: '"," or the end of the object or array',
};

const IN_STRING = "the rest of a string, with line breaks and quotes escaped";

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** One walk over an object, by the grammar of RFC 8259, that stops at the first thing out of place. */
class Scan {
  readonly #text: string;
  #at: number;
  #isObject = false;
  #inString = false;
  /** Behind the last token, or inside it if it is a string: prose taken for one may hold the answer. */
  #resume: number;
  #isTooDeep = false;

  constructor(text: string, start: number) {
    this.#text = text;
    this.#at = start;
    this.#resume = start + 1;
  }

  /** `at` of a whole object is the index behind it. */
  object(): { readonly whole: true; readonly at: number } | Break {
    const open = ["{"];
    let wanted: Wanted = "first key";
    this.#at++;
    while (open.length > 0) {
      this.#skipSpace();
      const next = this.#take(wanted, open);
      if (next === null) return this.#broken(this.#inString ? IN_STRING : EXPECTED[wanted]);
      this.#isTooDeep ||= open.length > MAX_DEPTH;
      wanted = next;
    }
    if (this.#isTooDeep) return this.#broken(`no more than ${MAX_DEPTH} levels`);
    return { whole: true, at: this.#at };
  }

  #broken(expected: string): Break {
    return {
      whole: false,
      at: this.#at,
      expected,
      resume: this.#resume,
      isObject: this.#isObject,
    };
  }

  #skipSpace(): void {
    while (" \n\r\t".includes(this.#text.charAt(this.#at)) && this.#at < this.#text.length) {
      this.#at++;
    }
  }

  /** Takes what stands here, if it is what is wanted; what may come then, or null. */
  #take(wanted: Wanted, open: string[]): Wanted | null {
    const char = this.#text.charAt(this.#at);
    switch (wanted) {
      case "colon":
        return this.#takeIf(char === ":") ? "value" : null;
      case "comma":
        if (this.#takeIf(char === ",")) return open.at(-1) === "{" ? "key" : "value";
        return this.#close(char, open);
      case "key":
      case "first key":
        if (char === '"') return this.#takeKey();
        return wanted === "first key" ? this.#close(char, open) : null;
      case "value":
      case "first value":
        if (char === "]" && wanted === "first value") return this.#close(char, open);
        return this.#takeValue(char, open);
    }
  }

  #takeIf(isHere: boolean): boolean {
    if (isHere) this.#resume = ++this.#at;
    return isHere;
  }

  #close(char: string, open: string[]): Wanted | null {
    if (char !== (open.at(-1) === "{" ? "}" : "]")) return null;
    open.pop();
    this.#resume = ++this.#at;
    return "comma";
  }

  #takeKey(): Wanted | null {
    if (!this.#takeString()) return null;
    this.#isObject = true;
    return "colon";
  }

  #takeValue(char: string, open: string[]): Wanted | null {
    if (char === '"') return this.#takeString() ? "comma" : null;
    if (char === "{" || char === "[") {
      open.push(char);
      this.#resume = ++this.#at;
      return char === "{" ? "first key" : "first value";
    }
    const isTaken = this.#takeMatch(NUMBER) || this.#takeMatch(WORD);
    if (isTaken) this.#resume = this.#at;
    return isTaken ? "comma" : null;
  }

  #takeMatch(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined) return false;
    this.#at += found.length;
    return true;
  }

  /** A string; one that does not end as a string does leaves the position where it goes wrong. */
  #takeString(): boolean {
    this.#resume = this.#at + 1;
    this.#inString = true;
    for (this.#at++; this.#at < this.#text.length;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === QUOTE) {
        this.#inString = false;
        this.#at++;
        return true;
      }
      if (code === BACKSLASH) {
        if (!this.#takeMatch(ESCAPE)) return false;
      } else if (code < SPACE) return false;
      else this.#at++;
    }
    return false;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;

function positionOf(text: string, at: number): { line: number; column: number } {
  const before = text.slice(0, at);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: at - lineStart + 1 };
}
