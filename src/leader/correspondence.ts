import { terminalLine } from "../agent/terminal_text.ts";
import { OrchestratorError } from "../domain/errors.ts";
import { InstanceId } from "../domain/ids.ts";
import type { Actor } from "../domain/member.ts";
import type { Message } from "../domain/message.ts";
import type { LeaderContext } from "./context.ts";
import { termsFor } from "./dispatch.ts";
import { type Errands, errandsOf } from "./errands.ts";
import { allowanceOf, type Treasury } from "./treasury.ts";

/**
 * Reads what is written to the Leader, and to those who led before it: a plain message is a requirement,
 * an answer to a question that a chain waits for becomes its guidance, everything else is only shown.
 * Reports of links are not read here: they lie on their tasks.
 */
export class Correspondence {
  readonly #context: LeaderContext;
  readonly #treasury: Treasury;
  readonly #errands: Errands;

  constructor(context: LeaderContext, treasury: Treasury) {
    this.#context = context;
    this.#treasury = treasury;
    this.#errands = errandsOf(context, { verb: "read", limit: 1 });
  }

  /** Reads until the term is over. */
  async run(): Promise<void> {
    const { self, term } = this.#context;
    await Promise.all([self, ...term.former].map((owner) => this.#follow(owner)));
    await this.#errands.settled();
  }

  async #follow(owner: InstanceId): Promise<void> {
    const { team, term } = this.#context;
    for await (const message of team.inbox.follow(owner, term.signal)) {
      this.#errands.offer(`${owner} ${message.id}`, () => this.#read(owner, message));
    }
  }

  async #read(owner: InstanceId, message: Message): Promise<void> {
    const { self, roster, show, team } = this.#context;
    // Who led once may work now: then its messages are its own again.
    if (owner !== self && roster.workers().some(({ id }) => id === owner)) return;
    show(
      terminalLine(`${message.id} ${message.type} from ${message.from_name}: ${message.content}`),
    );
    const isAnswer = await this.#answer(message);
    if (!isAnswer && message.type === "direct" && message.reply_to === null) {
      await this.#submit(message);
    }
    await team.inbox.markRead(owner, message.id);
  }

  /** Makes a requirement of a message, once; who sent one that cannot be one is told why. */
  async #submit(message: Message): Promise<void> {
    const { team } = this.#context;
    try {
      const requirement = { content: message.content, messageId: message.id };
      await team.requirements.submit(requirement, senderOf(message));
    } catch (error) {
      const isRefused = error instanceof OrchestratorError && REFUSED.includes(error.code);
      if (!isRefused) throw error;
      await this.#tellRefused(message, error.message);
    }
  }

  async #tellRefused(message: Message, why: string): Promise<void> {
    const { team, actor, show } = this.#context;
    show(terminalLine(`${message.id} is no requirement: ${why}`));
    const to = InstanceId.safeParse(message.from_instance);
    if (!to.success) return;
    await team.inbox.send({
      type: "report",
      to: [to.data],
      from: { id: actor.id, name: actor.name, role: "leader" },
      content: why,
      reply_to: message.id,
    }).catch((error: unknown) => {
      if (!(error instanceof OrchestratorError) || !UNHEARD.includes(error.code)) throw error;
    });
  }

  /** Whether the message answers a question that a chain waits for; then the chain goes on with it. */
  async #answer(message: Message): Promise<boolean> {
    const { team, actor, roster } = this.#context;
    if (message.reply_to === null) return false;
    const chain = (await team.chains.open()).find(({ help }) =>
      help?.message_id === message.reply_to
    );
    if (chain === undefined || chain.help === null) return false;
    const tasks = await team.chains.tasks(chain);
    const { help } = chain;
    const next = tasks.find(({ link }) => link === help.link);
    if (next === undefined) return false;
    const key = `answer ${chain.id}`;
    const own = this.#treasury.leftOf(chain, tasks);
    try {
      const grant = await this.#treasury.reserve({ key, whose: chain.id, own, task: next });
      if (!grant.granted) {
        await team.chains.end(chain.id, "failed", grant.why, actor);
        return true;
      }
      const text = `${message.from_name} answered "${help.question}":\n${message.content}`;
      const allowance = allowanceOf(grant.left, next.spent);
      const terms = termsFor(help.link, roster.workers(), null, allowance);
      await team.chains.answerHelp(chain.id, message.reply_to, text, terms, actor);
      return true;
    } finally {
      this.#treasury.release(key);
    }
  }
}

/** Why a message cannot become a requirement. */
const REFUSED: readonly string[] = ["INVALID_INPUT", "TOO_LARGE"];
/** Why somebody cannot be told. */
const UNHEARD: readonly string[] = ["MEMBER_NOT_FOUND", "INBOX_FULL", "TOO_LARGE"];

function senderOf(message: Message): Actor {
  const id = InstanceId.safeParse(message.from_instance);
  return { id: id.success ? id.data : "", name: message.from_name };
}
