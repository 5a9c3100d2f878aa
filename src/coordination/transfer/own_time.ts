import { encodePayload } from "../payload.ts";
import type { NodeLine } from "./node_line.ts";

const JOURNAL_ENTRY = /^\/journal\/\d{10}\/e-\d{10}$/;

/**
 * The data of a node as an import writes it. The time of an event is that of its node, which will be
 * another on the new server: so the event is told its own. All else is left as it is, also what does not
 * parse.
 */
export function withOwnTime({ path, time }: NodeLine, data: Uint8Array): Uint8Array {
  if (!JOURNAL_ENTRY.test(path)) return data;
  try {
    const event: unknown = JSON.parse(new TextDecoder().decode(data));
    const isTimeless = typeof event === "object" && event !== null && !("time" in event);
    return isTimeless ? encodePayload({ ...event, time }) : data;
  } catch {
    return data;
  }
}
