import { type EditedLine, EMPTY_LINE, typeInto } from "../../src/screen/line_editor.ts";
import type { Prompt } from "../../src/screen/view.ts";
import type { Typing } from "../team/presentation.ts";

/** What somebody types on the screen: each Enter submits a requirement. */
export class TypedLine {
  #line: EditedLine = EMPTY_LINE;
  #note: Prompt["note"];
  /** Requirements on their way. */
  #underWay = 0;
  #isUsed = false;
  #isClosed = false;
  /** Takes what was entered. */
  onEntered: (text: string) => Promise<void> = () => Promise.resolve();

  readonly typing: Typing = {
    prompt: () => {
      const isWaiting = this.#underWay > 0 && this.#line.text === "";
      const waiting = { text: "Submitting it …", isProblem: false };
      return { ...this.#line, note: this.#note ?? (isWaiting ? waiting : undefined) };
    },
    onTyped: (typed) => {
      if (this.#isClosed) return;
      this.#note = undefined;
      const { line, entered } = typeInto(this.#line, typed);
      this.#line = line;
      for (const text of entered) if (text.trim() !== "") void this.#enter(text.trim());
    },
  };

  /** Whether anything was entered. */
  get isUsed(): boolean {
    return this.#isUsed;
  }

  /** From now on it takes nothing: nobody would work on it. */
  close(): void {
    this.#isClosed = true;
    this.#line = EMPTY_LINE;
    this.#note = { text: "The team leaves …", isProblem: false };
  }

  /** What was not taken is given back, with the reason in its place until somebody types. */
  async #enter(text: string): Promise<void> {
    this.#isUsed = true;
    this.#underWay++;
    try {
      await this.onEntered(text);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#note = { text: `Cannot submit it: ${reason}`, isProblem: true };
      if (this.#line.text === "") this.#line = { text, cursor: text.length };
    } finally {
      this.#underWay--;
    }
  }
}
