const MAX_RECORDS = 5;
const FILLER = new TextEncoder().encode("x".repeat(20_000));

/** Records that say which group they belong to, which of how many they are, and nothing false. */
export function recordsOfGroup(number: number): Uint8Array[] {
  const count = 1 + number % MAX_RECORDS;
  return Array.from({ length: count }, (_, index) => {
    const length = number * 7919 % (number % 50 === 0 ? FILLER.length : 300);
    return withHead(`${number} ${index + 1}/${count} ${length} `, FILLER.subarray(0, length));
  });
}

/** A snapshot of many chunks that covers the groups up to a number. */
export function* snapshotUpTo(number: number): Generator<Uint8Array> {
  const count = 40;
  for (let index = 0; index < count; index++) {
    yield withHead(`${number} ${index + 1}/${count} ${FILLER.length} `, FILLER);
  }
}

function withHead(head: string, body: Uint8Array): Uint8Array {
  const bytes = new TextEncoder().encode(head);
  const whole = new Uint8Array(bytes.length + body.length);
  whole.set(bytes);
  whole.set(body, bytes.length);
  return whole;
}

/** The group that a record or a chunk belongs to. */
export function numberOf(record: Uint8Array): number {
  return Number.parseInt(new TextDecoder().decode(record.subarray(0, 20)));
}

/**
 * The numbers of the groups that are there. Throws where a group is there in part, where the snapshot is
 * not one, or where a number is missing.
 */
export function wholeGroups(
  snapshot: Iterable<Uint8Array> | null,
  records: Iterable<Uint8Array>,
): { readonly covered: number; readonly last: number } {
  const chunks = [...(snapshot ?? [])];
  const covered = chunks[0] === undefined ? 0 : numberOf(chunks[0]);
  const expected = covered === 0 ? [] : [...snapshotUpTo(covered)];
  requireSame(chunks, expected, `the snapshot of ${covered}`);
  const kept = [...records];
  let last = covered;
  while (kept.length > 0) {
    const group = recordsOfGroup(++last);
    requireSame(kept.splice(0, group.length), group, `group ${last}`);
  }
  return { covered, last };
}

function requireSame(found: Uint8Array[], expected: Uint8Array[], what: string): void {
  const isSame = found.length === expected.length &&
    found.every((bytes, index) => Buffer.compare(bytes, expected[index] ?? FILLER) === 0);
  if (!isSame) throw new Error(`Not as it was written: ${what}`);
}
