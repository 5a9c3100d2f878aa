const LENGTH_BYTES = 4;

/** The records as parts of one payload: each its length, big-endian, and its bytes. */
export function encodeGroup(records: readonly Uint8Array[]): Uint8Array[] {
  const lengths = new Uint8Array(records.length * LENGTH_BYTES);
  const view = new DataView(lengths.buffer);
  return records.flatMap((record, index) => {
    const at = index * LENGTH_BYTES;
    view.setUint32(at, record.length);
    return [lengths.subarray(at, at + LENGTH_BYTES), record];
  });
}

/** The records of a payload, whose checksum was right. */
export function* decodeGroup(payload: Uint8Array): Generator<Uint8Array, void> {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  for (let offset = 0; offset < payload.length;) {
    const start = offset + LENGTH_BYTES;
    offset = start + view.getUint32(offset);
    yield payload.subarray(start, offset);
  }
}
