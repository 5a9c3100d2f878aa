import { OrchestratorError } from "./errors.ts";

const encoder = new TextEncoder();

/** Bytes of a text in UTF-8; a lone surrogate counts as the three bytes of its replacement. */
export function utf8Bytes(text: string): number {
  return encoder.encode(text).length;
}

/** The longest beginning of a text that fits into so many bytes; never splits a character. */
export function truncateUtf8(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes) return text;
  const { read } = encoder.encodeInto(text, new Uint8Array(maxBytes));
  return text.slice(0, read);
}

/** Throws TOO_LARGE, with the limit and the size, when a text is longer than allowed. */
export function requireFits(what: string, text: string, maxBytes: number): void {
  const bytes = utf8Bytes(text);
  if (bytes <= maxBytes) return;
  throw new OrchestratorError(
    "TOO_LARGE",
    `${what} is too large: ${bytes} bytes, at most ${maxBytes} are allowed`,
    {
      hint: "Put the text into a file and name the file instead",
      details: { bytes, limit: maxBytes },
    },
  );
}
