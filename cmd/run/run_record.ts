import { join } from "node:path";
import * as z from "zod";
import { CONFIG_DIRECTORY } from "../../src/config/load.ts";
import type { Delivery } from "../../src/crew/merging.ts";
import { OrchestratorError } from "../../src/domain/errors.ts";
import { ChainId, RequirementId } from "../../src/domain/ids.ts";
import type { Files } from "../../src/platform/files.ts";

/** Where the work of a chain is, as `run` prints it. */
export const DeliveryRecord = z.object({
  chain_id: ChainId,
  branch: z.string(),
  commit: z.string().nullable(),
  merged: z.object({ into: z.string(), commit: z.string() }).nullable(),
  reason: z.string().nullable(),
});
export type DeliveryRecord = z.infer<typeof DeliveryRecord>;

const Kept = z.object({
  v: z.literal(1),
  /** The team's part of ZooKeeper: ids mean nothing in another. */
  root_path: z.string(),
  requirement_id: RequirementId,
  deliveries: z.array(DeliveryRecord),
});

const PRIVATE = 0o600;

/**
 * What a run follows, kept in the project until its outcome was printed: of one that was killed, the next one
 * knows what to go on with, what was merged already, and what has ended and was never told. Where it cannot
 * be written, as on a full disk, the run goes on all the same.
 */
export class RunRecord {
  readonly #files: Files;
  readonly #path: string;
  readonly #root: string;
  #id: RequirementId | null = null;
  #deliveries = new Map<ChainId, DeliveryRecord>();

  constructor(files: Files, directory: string, root: string) {
    this.#files = files;
    this.#path = join(directory, CONFIG_DIRECTORY, "run.json");
    this.#root = root;
    const kept = Kept.safeParse(parsed(files.read(this.#path)));
    if (!kept.success || kept.data.root_path !== root) return;
    this.#id = kept.data.requirement_id;
    for (const each of kept.data.deliveries) this.#deliveries.set(each.chain_id, each);
  }

  /** The requirement whose outcome was not printed yet. */
  get unreported(): RequirementId | null {
    return this.#id;
  }

  get deliveries(): readonly DeliveryRecord[] {
    return [...this.#deliveries.values()];
  }

  /** From now on it is this requirement that is followed. */
  follow(id: RequirementId): void {
    if (this.#id === id) return;
    this.#id = id;
    this.#deliveries.clear();
    this.#keep();
  }

  deliver(delivery: Delivery): void {
    this.#deliveries.set(delivery.chain_id, delivery);
    this.#keep();
  }

  /** Its outcome was printed. */
  close(): void {
    this.#id = null;
    orLeave(() => this.#files.remove(this.#path));
  }

  #keep(): void {
    if (this.#id === null) return;
    const kept = {
      v: 1 as const,
      root_path: this.#root,
      requirement_id: this.#id,
      deliveries: this.deliveries,
    };
    orLeave(() => this.#files.replace(this.#path, `${JSON.stringify(kept)}\n`, PRIVATE));
  }
}

function parsed(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

function orLeave(step: () => void): void {
  try {
    step();
  } catch (error) {
    if (!(error instanceof OrchestratorError)) throw error;
  }
}
