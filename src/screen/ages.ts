const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * Ages as people read them, and for how long they stay as they are. All count from one moment in whole
 * seconds, so that those which tick do it together.
 */
export class Ages {
  /** ms since 1970, whole seconds. */
  readonly now: number;
  #validMs = Infinity;

  constructor(now: number) {
    this.now = Math.floor(now / SECOND) * SECOND;
  }

  /** ms from `now` until the first of the ages that were asked for is another text; Infinity: never. */
  get validMs(): number {
    return this.#validMs;
  }

  /** `48s`, `3m12s`, `2h05m`, `3d04h`. */
  exact(since: number): string {
    const age = this.#age(since);
    if (age < MINUTE) return this.#valid(age, SECOND, `${Math.floor(age / SECOND)}s`);
    if (age < HOUR) return this.#valid(age, SECOND, parts(age, MINUTE, "m", SECOND, "s"));
    if (age < DAY) return this.#valid(age, MINUTE, parts(age, HOUR, "h", MINUTE, "m"));
    return this.#valid(age, HOUR, parts(age, DAY, "d", HOUR, "h"));
  }

  /** `now`, `12m`, `2h`, `3d`: for what nobody waits for. */
  rough(since: number): string {
    const age = this.#age(since);
    if (age < MINUTE) return this.#valid(age, MINUTE, "now");
    const [unit, letter] = age < HOUR ? [MINUTE, "m"] : age < DAY ? [HOUR, "h"] : [DAY, "d"];
    return this.#valid(age, unit as number, `${Math.floor(age / (unit as number))}${letter}`);
  }

  /** How long until a moment, as `exact`. */
  until(moment: number): string {
    const left = Math.max(0, Math.ceil((moment - this.now) / SECOND) * SECOND);
    const text = new Ages(this.now).exact(this.now - left);
    this.#validMs = Math.min(this.#validMs, left < HOUR ? SECOND : MINUTE);
    return text;
  }

  #age(since: number): number {
    return Math.max(0, this.now - since);
  }

  #valid(age: number, unit: number, text: string): string {
    // The next second at which the unit is full.
    const left = Math.ceil((unit - age % unit) / SECOND) * SECOND;
    this.#validMs = Math.min(this.#validMs, left);
    return text;
  }
}

function parts(age: number, large: number, a: string, small: number, b: string): string {
  const rest = Math.floor((age % large) / small);
  return `${Math.floor(age / large)}${a}${String(rest).padStart(2, "0")}${b}`;
}
