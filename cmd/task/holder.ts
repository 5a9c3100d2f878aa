import type { FencingToken } from "../../src/domain/ids.ts";
import type { Actor } from "../../src/domain/member.ts";
import type { OptionSpecs, Values } from "../cli/options.ts";
import type { Deps } from "../cli/command.ts";
import { actor, requireActor } from "../identity.ts";

/** Options of every step that belongs to the owner of a claim. */
export const HOLDER_OPTIONS = {
  "task-id": {
    type: "text",
    required: true,
    placeholder: "id",
    completes: "task",
    help: "Task that the claim is on",
  },
  token: {
    type: "integer",
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    placeholder: "number",
    help: "Fencing token of the claim, as claim-task printed it: refused if it was claimed anew",
  },
  force: { type: "flag", help: "Do it though somebody else holds the claim; the journal says so" },
} as const satisfies OptionSpecs;

/** Who makes the step, and by what right. Without --force that must be a member. */
export async function holderOf(
  deps: Deps,
  options: Values<typeof HOLDER_OPTIONS>,
): Promise<{ by: Actor; token?: FencingToken; force: boolean }> {
  const by = options.force ? await actor(deps) : await requireActor(deps);
  const token = options.token as FencingToken | undefined;
  return { by, force: options.force, ...(token === undefined ? {} : { token }) };
}
