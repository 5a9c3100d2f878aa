/** Where in a text something is; lines and columns count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** What a strict JSON reader finds: the first error, and where each value begins. */
export interface JsonMap {
  readonly error: { readonly offset: number; readonly problem: string } | null;
  /** Offsets of values, by their keys joined with U+0000. */
  readonly offsets: ReadonlyMap<string, number>;
}

const SEPARATOR = "\u0000";

/** Name of a value inside `JsonMap.offsets`. */
export function jsonPath(keys: readonly string[]): string {
  return keys.join(SEPARATOR);
}

/** Line and column of an offset. */
export function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

class Fault {
  readonly offset: number;
  readonly problem: string;
  constructor(offset: number, problem: string) {
    this.offset = offset;
    this.problem = problem;
  }
}

// deno-lint-ignore no-control-regex
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*"/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/**
 * Finds positions that `JSON.parse` does not tell: its messages differ between runtimes, and leave
 * the place out when the text is short. Only used once a file has turned out to be wrong.
 */
export function mapJson(text: string): JsonMap {
  const offsets = new Map<string, number>();
  let at = 0;

  const describe = () => at >= text.length ? "the end of the file" : JSON.stringify(text[at]);
  const fail = (expected: string): never => {
    throw new Fault(at, `expected ${expected}, found ${describe()}`);
  };
  const skipBlanks = () => {
    while (" \t\r\n".includes(text[at] ?? "x")) at++;
  };
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match !== null) at += match[0].length;
    return match === null ? null : match[0];
  };
  const key = (): string => {
    const raw = text[at] === '"' ? take(STRING) : null;
    return raw === null ? fail("a key in double quotes") : String(JSON.parse(raw));
  };
  const string = () => {
    if (take(STRING) === null) {
      throw new Fault(at, "the text is not closed, or holds a character that must be escaped");
    }
  };
  const members = (path: readonly string[], close: "}" | "]") => {
    at++;
    skipBlanks();
    if (text[at] === close) return void at++;
    for (let index = 0;; index++) {
      skipBlanks();
      let name = String(index);
      if (close === "}") {
        name = key();
        skipBlanks();
        if (text[at] !== ":") fail('":"');
        at++;
      }
      value([...path, name]);
      skipBlanks();
      if (text[at] === close) return void at++;
      if (text[at] !== ",") fail(`"," or "${close}"`);
      at++;
    }
  };
  const value = (path: readonly string[]): void => {
    skipBlanks();
    offsets.set(jsonPath(path), at);
    if (text[at] === "{") return members(path, "}");
    if (text[at] === "[") return members(path, "]");
    if (text[at] === '"') return string();
    if (take(SCALAR) === null) fail("a value");
  };

  try {
    value([]);
    skipBlanks();
    if (at < text.length) fail("the end of the file");
    return { error: null, offsets };
  } catch (error) {
    if (error instanceof Fault) return { error, offsets };
    if (error instanceof RangeError) {
      return { error: { offset: at, problem: "it is nested too deeply" }, offsets };
    }
    throw error;
  }
}
