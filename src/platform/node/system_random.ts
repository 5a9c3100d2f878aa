import type { Random } from "../random.ts";

/** The runtime's own randomness; names come from its cryptographic generator. */
export const systemRandom: Random = {
  next: () => Math.random(),
  id: () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  },
};
