import { createHash } from "node:crypto";

/** SHA-1 of the bytes: 20 bytes. For protocols that are bound to it, not for secrets. */
export function sha1(bytes: Uint8Array): Uint8Array {
  return createHash("sha1").update(bytes).digest();
}
