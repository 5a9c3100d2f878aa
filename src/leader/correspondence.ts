import { terminalLine } from "../agent/terminal_text.ts";
import { InstanceId } from "../domain/ids.ts";
import type { Actor } from "../domain/member.ts";
import type { Message } from "../domain/message.ts";
import type { LeaderContext } from "./context.ts";
import { termsFor } from "./dispatch.ts";
import { Errands } from "./errands.ts";
import type { Treasury } from "./treasury.ts";

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
    const { clock, term, show } = context;
    this.#errands = new Errands({
      clock,
      limit: 1,
      signal: term.signal,
      onError: (key, error) => show(terminalLine(`Cannot read ${key}: ${error}`)),
    });
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
    const { team, self, roster, show } = this.#context;
    // Who led once may work now: then its messages are its own again.
    if (owner !== self && roster.workers().some(({ id }) => id === owner)) return;
    show(
      terminalLine(`${message.id} ${message.type} from ${message.from_name}: ${message.content}`),
    );
    const isAnswer = await this.#answer(message);
    if (!isAnswer && message.type === "direct" && message.reply_to === null) {
      await team.requirements.submit(
        { content: message.content, messageId: message.id },
        senderOf(message),
      );
    }
    await team.inbox.markRead(owner, message.id);
  }

  /** Whether the message answers a question that a chain waits for; then the chain goes on with it. */
  async #answer(message: Message): Promise<boolean> {
    const { team, actor, roster } = this.#context;
    if (message.reply_to === null) return false;
    const chain = (await team.chains.open()).find(({ help }) =>
      help?.message_id === message.reply_to
    );
    if (chain?.help === null || chain === undefined) return false;
    const tasks = await team.chains.tasks(chain);
    const next = tasks.find(({ link }) => link === chain.help?.link);
    if (next === undefined) return false;
    const left = this.#treasury.leftOf(chain, tasks);
    const grant = await this.#treasury.grant({ chain: chain.id, left, next });
    if (!grant.granted) {
      await team.chains.end(chain.id, "failed", grant.why, actor);
      return true;
    }
    const text = `${message.from_name} answered "${chain.help.question}":\n${message.content}`;
    const terms = termsFor(chain.help.link, roster.workers(), null, grant.allowance);
    await team.chains.answerHelp(chain.id, message.reply_to, text, terms, actor);
    return true;
  }
}

function senderOf(message: Message): Actor {
  const id = InstanceId.safeParse(message.from_instance);
  return { id: id.success ? id.data : "", name: message.from_name };
}
