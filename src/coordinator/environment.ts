import type { Clock } from "../platform/clock.ts";
import type { Listen } from "../platform/listener.ts";
import type { Random } from "../platform/random.ts";
import type { Storage } from "./storage.ts";

/** All that a coordinator needs from the world around it. */
export interface CoordinatorEnvironment {
  readonly clock: Clock;
  /** Passwords of sessions come from its `id`. */
  readonly random: Random;
  readonly listen: Listen;
  readonly storage: Storage;
  /** For the `digest` scheme: SHA-1 of the bytes, 20 bytes. */
  sha1(bytes: Uint8Array): Uint8Array;
}
