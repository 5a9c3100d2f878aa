/**
 * Commits groups of records to a storage in real files, as fast as it can, until it is killed; says on
 * stdout the number of each group as soon as it is on disk. Arguments: the directory.
 */
import process from "node:process";
import { once } from "node:events";
import { numberOf, recordsOfGroup, snapshotUpTo } from "../support/numbered_groups.ts";
import { realStorage } from "../support/real_storage.ts";

/** Bytes of the log after which a snapshot is taken: so few that kills meet it often. */
const SNAPSHOT_AT = 200_000;

const [directory = ""] = process.argv.slice(2);
const storage = realStorage(directory, (event) => {
  process.stderr.write(`${JSON.stringify(event)}\n`);
});
const { snapshot, records } = await storage.recover();
let last = 0;
for (const record of [...(snapshot ?? []), ...records]) last = Math.max(last, numberOf(record));
let writing: Promise<void> | undefined;
for (;;) {
  const number = last + 1;
  await storage.commit(recordsOfGroup(number));
  last = number;
  if (!process.stdout.write(`${last}\n`)) await once(process.stdout, "drain");
  if (storage.logBytes < SNAPSHOT_AT || writing !== undefined) continue;
  writing = storage.snapshot(snapshotUpTo(last)).finally(() => writing = undefined);
}
