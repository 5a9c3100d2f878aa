import { OrchestratorError } from "../domain/errors.ts";
import { MAX_CONTEXT_KEY_BYTES } from "../domain/limits.ts";

/**
 * The path segment that stands for a text: percent-encoded UTF-8, so that `/` is data, and with the
 * names `.` and `..`, which ZooKeeper refuses, encoded too. Throws INVALID_INPUT for an empty text or
 * one that is not valid Unicode, TOO_LARGE for more than 255 bytes as encoded.
 */
export function segmentOf(text: string): string {
  if (text === "") throw new OrchestratorError("INVALID_INPUT", "Key must not be empty");
  const segment = text === "." || text === ".." ? text.replaceAll(".", "%2E") : encoded(text);
  if (segment.length > MAX_CONTEXT_KEY_BYTES) {
    throw new OrchestratorError(
      "TOO_LARGE",
      `Key is ${segment.length} bytes as stored, the limit is ${MAX_CONTEXT_KEY_BYTES}`,
      { details: { limit: MAX_CONTEXT_KEY_BYTES, size: segment.length } },
    );
  }
  return segment;
}

/** The text that a segment stands for; null where `segmentOf` would not have made that segment. */
export function textOf(segment: string): string | null {
  try {
    const text = decodeURIComponent(segment);
    return segmentOf(text) === segment ? text : null;
  } catch {
    return null;
  }
}

function encoded(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch (cause) {
    throw new OrchestratorError("INVALID_INPUT", "Key must be valid Unicode text", { cause });
  }
}
