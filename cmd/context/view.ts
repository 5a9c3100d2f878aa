import type { ContextEntry } from "../../src/domain/context.ts";

/** A shared value as it is printed: without what only its writers need. */
export type ContextView = Omit<ContextEntry, "nonce">;

export function contextView(entry: ContextEntry): ContextView {
  const { nonce: _nonce, ...shown } = entry;
  return shown;
}
