import type { Disk } from "../../platform/disk.ts";
import { ByteWindow } from "./byte_window.ts";
import { decodeGroup } from "./group.ts";
import type { Extent } from "./inventory.ts";
import { payloads } from "./scan.ts";

/** The records of the frames in the given places, in order; files are opened as they are reached. */
export function* recordsOf(disk: Disk, extents: readonly Extent[]): Generator<Uint8Array, void> {
  for (const { path, from, to } of extents) {
    const reader = disk.read(path);
    try {
      for (const payload of payloads(new ByteWindow(reader), from, to)) yield* decodeGroup(payload);
    } finally {
      reader.close();
    }
  }
}
