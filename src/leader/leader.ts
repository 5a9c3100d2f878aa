import { PriceBook } from "../agent/price_book.ts";
import { terminalLine } from "../agent/terminal_text.ts";
import type { Workshop } from "../agent/workshop.ts";
import { readPatiently } from "../coordination/readings.ts";
import type { Actor } from "../domain/member.ts";
import type { Template } from "../domain/template.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import type { EnquiryKind, LeaderContext, LeaderSettings } from "./context.ts";
import { Correspondence } from "./correspondence.ts";
import { DecisionEngine } from "./decision_engine.ts";
import type { Integrate } from "./integration.ts";
import type { LeaderTeam, LeaderTerm } from "./ports.ts";
import { keepRetention } from "./retention.ts";
import { Roster } from "./roster.ts";
import { Rounds } from "./rounds.ts";
import { TaskGenerator } from "./task_generator.ts";
import { Treasury } from "./treasury.ts";

export interface LeaderNeeds {
  /** Opened with the fence of the term. */
  readonly team: LeaderTeam;
  readonly term: LeaderTerm;
  readonly workshop: Workshop;
  readonly template: (kind: EnquiryKind) => Template;
  readonly settings: LeaderSettings;
  readonly clock: Clock;
  readonly random: Random;
  /** Where the work of accepted chains goes; left out: it stays where it was done. */
  readonly integrate?: Integrate | undefined;
  /** Shows a line of terminal text. */
  readonly show: (line: string) => void;
}

/**
 * Leads for one term: decomposes what is asked for, judges reports, gives lost work back, keeps retention.
 * What a former Leader left in the middle is on the records, and is gone on with. Resolves when the
 * term is over, with everything stopped; an error that is nobody's to mend rejects.
 */
export async function lead(needs: LeaderNeeds): Promise<void> {
  const { team, show } = needs;
  const { instance_id: self, name } = needs.term.record;
  const actor: Actor = { id: self, name };
  const failed = new AbortController();
  const term = endingWith(needs.term, failed.signal);
  const roster = new Roster();
  const prices = new PriceBook(needs.settings.cacheDir, needs.workshop.files);
  // A signal for each part: with all their listeners on one, a runtime would warn of a leak.
  const part = (): LeaderContext => {
    const ownTerm = endingWith(needs.term, failed.signal);
    return { ...needs, term: ownTerm, roster, prices, self, actor };
  };
  const treasury = new Treasury(part());
  const parts: Promise<void>[] = [];
  try {
    const ended = await needs.workshop.endOrphans(self, needs.settings.env);
    if (ended > 0) show(`Ended ${ended} agents that a former process of this Leader had left`);
    await readPatiently(needs.clock, term.signal, () => roster.load(team.members));
    parts.push(
      roster.follow(team.members, term.signal),
      new TaskGenerator(part(), treasury).run(),
      new DecisionEngine(part(), treasury).run(),
      new Correspondence(part(), treasury).run(),
      new Rounds(part()).run(),
      keepRetention(part()),
    );
    await Promise.all(parts);
  } catch (error) {
    if (term.signal.aborted) return;
    show(terminalLine(`The Leader met an error: ${error}`));
    throw error;
  } finally {
    failed.abort();
    await Promise.allSettled(parts);
  }
}

/** The term, over for the Leader's work also when a part of it has failed. */
function endingWith(term: LeaderTerm, failed: AbortSignal): LeaderTerm {
  const signal = AbortSignal.any([term.signal, failed]);
  return {
    record: term.record,
    epoch: term.epoch,
    former: term.former,
    signal,
    untilMayAct: async () => {
      signal.throwIfAborted();
      await term.untilMayAct();
    },
  };
}
