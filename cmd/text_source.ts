import { OrchestratorError } from "../src/domain/errors.ts";
import { quote } from "./cli/parse.ts";
import type { Host } from "./cli/host.ts";

type TextHost = Pick<Host, "cwd" | "stdin">;

/** Where a text may come from: an option, a file, or `-` for stdin. Exactly one is given. */
export interface TextSource {
  /** Option that carries the text itself, such as `content`. */
  readonly option: string;
  readonly text: string | undefined;
  /** Value of `--file`; `-` is stdin. */
  readonly file: string | undefined;
  /** The command's positionals: `-` among them is stdin. */
  readonly positionals: readonly string[];
  /** Bytes; more is TOO_LARGE, and is not read to its end. */
  readonly maxBytes: number;
}

/**
 * The text, from wherever it was given. Throws USAGE where it is given not at all or twice,
 * INVALID_INPUT with the byte's offset where it is not UTF-8, TOO_LARGE, or IO_FAILED.
 */
export async function readText(host: TextHost, source: TextSource): Promise<string> {
  const dashes = source.positionals.filter((each) => each === "-");
  const given = [source.text, source.file, ...dashes].filter((each) => each !== undefined);
  if (given.length !== 1) {
    const problem = given.length === 0 ? "Missing the text" : "The text is given more than once";
    throw new OrchestratorError("USAGE", `${problem}: give --${source.option}, --file or -`);
  }
  if (source.text !== undefined) return source.text;
  return await readFile(host, source.file ?? "-", source.maxBytes);
}

/** The text of a file, `-` being stdin. Throws as `readText` does. */
export async function readFile(host: TextHost, path: string, maxBytes: number): Promise<string> {
  const name = path === "-" ? "stdin" : path;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of path === "-" ? host.stdin() : await openFile(host, path)) {
    size += chunk.length;
    if (size > maxBytes) {
      throw new OrchestratorError("TOO_LARGE", `${quote(name)} is over ${maxBytes} bytes`, {
        hint: "Put long texts into a file that the team can reach, and name the file",
        details: { limit_bytes: maxBytes },
      });
    }
    chunks.push(chunk);
  }
  return decodeUtf8(concatenate(chunks, size), name);
}

async function openFile(host: TextHost, path: string): Promise<AsyncIterable<Uint8Array>> {
  const [{ createReadStream }, { resolve }] = await Promise.all([
    import("node:fs"),
    import("node:path"),
  ]);
  return createReadStream(resolve(host.cwd, path));
}

function concatenate(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** The text of bytes that must be UTF-8; a byte order mark at the start is dropped. */
export function decodeUtf8(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    const offset = firstInvalidByte(bytes);
    throw new OrchestratorError("INVALID_INPUT", `${quote(name)} is not valid UTF-8`, {
      hint: `Byte ${offset} (counted from 0) begins no character; convert it, as with iconv`,
      details: { byte_offset: offset },
    });
  }
}

/** Offset of the first byte that begins no valid UTF-8 sequence; -1 where all are valid. */
export function firstInvalidByte(bytes: Uint8Array): number {
  const strict = new TextDecoder("utf-8", { fatal: true });
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes[at] ?? 0);
    try {
      strict.decode(bytes.subarray(at, at + length));
    } catch {
      return at;
    }
    at += length;
  }
  return -1;
}

function sequenceLength(lead: number): number {
  if (lead < 0xc0) return 1;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}
