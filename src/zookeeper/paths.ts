import { ZooKeeperError } from "./errors.ts";

// Control characters, private use, surrogates and specials, as `PathUtils.validatePath` refuses
// them. It refuses surrogates too, so no character beyond the basic plane can be in a path.
// deno-lint-ignore no-control-regex -- they are what is looked for
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f\ud800-\uf8ff\ufff0-\uffff]/;

/**
 * Why the server would refuse a path, null if it would not (rules of `PathUtils.validatePath`).
 * With `sequential` the path may end in a slash, because the server appends the number.
 */
export function pathProblem(path: string, sequential = false): string | null {
  if (path === "/") return null;
  if (path.charCodeAt(0) !== SLASH) return "it must begin with a slash";
  let start = 1;
  for (let i = 1; i <= path.length; i++) {
    const unit = path.charCodeAt(i);
    if (i < path.length && unit !== SLASH) {
      if (unit < 32 || unit > 126) return unusual(path, sequential);
      continue;
    }
    const problem = segmentProblem(path, start, i);
    if (problem !== null) return sequential && i === path.length && start === i ? null : problem;
    start = i + 1;
  }
  return null;
}

/** The same for a path with characters beyond printable ASCII. */
function unusual(path: string, sequential: boolean): string | null {
  if (FORBIDDEN.test(path)) return "it has a character that ZooKeeper does not accept";
  return pathProblem(path.replace(/[^\u0020-\u007e]/g, "x"), sequential);
}

function segmentProblem(path: string, start: number, end: number): string | null {
  const length = end - start;
  if (length === 0) {
    return end === path.length ? "it must not end in a slash" : "it has an empty segment";
  }
  const relative = length <= 2 && path.charCodeAt(start) === DOT &&
    (length === 1 || path.charCodeAt(start + 1) === DOT);
  return relative ? "it must not have the segments . and .." : null;
}

const SLASH = 47;
const DOT = 46;

/** Turns paths of the client into paths of the server and back. */
export class Chroot {
  readonly #prefix: string;

  /** `prefix` is "" for none. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Path on the server. Throws `ZooKeeperError` INVALID_PATH. */
  toServer(path: string, sequential = false): string {
    const problem = pathProblem(path, sequential);
    if (problem !== null) {
      throw new ZooKeeperError("INVALID_PATH", `Cannot use path "${path}": ${problem}`, {
        outcome: "not_sent",
        path,
      });
    }
    if (this.#prefix === "") return path;
    return path === "/" && !sequential ? this.#prefix : this.#prefix + path;
  }

  /** Whether a path of the server is the chroot or below it. */
  contains(path: string): boolean {
    return this.#prefix === "" || path === this.#prefix || path.startsWith(`${this.#prefix}/`);
  }

  /** Path as the client sees it; for paths that the chroot contains. */
  toClient(path: string): string {
    if (this.#prefix === "") return path;
    return path.length === this.#prefix.length ? "/" : path.slice(this.#prefix.length);
  }
}
