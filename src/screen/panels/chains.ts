import type { ChainRow, LinkRow, LinkState, RequirementRow } from "../../monitor/board.ts";
import { dollars } from "../amounts.ts";
import { cut, fitted, type Line, lineWidth, span, type Style } from "../cells.ts";
import { heading, hint, joined, more, type Panel, row, type Scene } from "../panel.ts";

const AGE = 6;
/** Columns from which the cost of a chain has room. */
const WIDE = 70;
/** Lines that one chain is told in, at the most. */
const MAX_DETAIL = 3;

/** Each chain with its links, its round, and why it goes round again. */
export function chainsPanel(scene: Scene): Panel {
  const { chains, requirements } = scene.board;
  const count = requirements.length + chains.length;
  const full = chains.flatMap((chain) => chainLines(scene, chain, MAX_DETAIL));
  return {
    least: count === 0 ? 2 : 1 + Math.min(2, count),
    most: count === 0 ? 2 : 1 + requirements.length + full.length,
    weight: 4,
    draw(rows) {
      const room = Math.max(0, rows - 1);
      const first = requirements.slice(0, chains.length === 0 ? room : Math.ceil(room / 2))
        .map((requirement) => requirementLine(scene, requirement));
      const shown = densest(scene, chains, room - first.length);
      const none = scene.canType
        ? [span("  None yet. The line below takes what is wanted", "faint" as const)]
        : hint(scene, "None yet.", 'claude-orchestrator submit "..."');
      return [
        heading(scene, "Chains", summaries(scene, count - first.length - shown.length)),
        ...count === 0 ? [none] : [...first, ...shown.flat()],
      ].slice(0, rows);
    },
  };
}

/** A line for each that fits; what room is left tells more of them, the first ones first. */
function densest(scene: Scene, chains: readonly ChainRow[], room: number): Line[][] {
  const shown = chains.slice(0, Math.max(0, room)).map((chain) => chainLines(scene, chain, 1));
  let left = room - shown.length;
  for (let detail = 2; detail <= MAX_DETAIL; detail++) {
    for (const [at, lines] of shown.entries()) {
      const chain = chains[at];
      const longer = chain === undefined ? lines : chainLines(scene, chain, detail);
      if (longer.length - lines.length > left) return shown;
      left -= longer.length - lines.length;
      shown[at] = longer;
    }
  }
  return shown;
}

function summaries({ board, signs }: Scene, hidden: number): Line[] {
  const count = (status: ChainRow["status"]) =>
    board.chains.filter((chain) => chain.status === status).length;
  const [open, waiting] = [count("open"), count("waiting")];
  const pieces: Line[] = [
    ...board.chains.length === 0
      ? []
      : [[span(signs.running, "running"), span(` ${open} at work`)]],
    ...waiting === 0
      ? []
      : [[span(signs.waiting, "warning"), span(` ${waiting} waiting for help`)]],
  ];
  return [joined([...more(hidden), ...pieces]), joined(more(hidden))];
}

function requirementLine(scene: Scene, { title, status, since }: RequirementRow): Line {
  const { signs, ages } = scene;
  const what = status === "submitted" ? "to be split up" : "becomes chains";
  const age = fitted(ages.exact(since), AGE + 1, { align: "right" });
  return row(
    scene,
    // A requirement may have many lines.
    [span(` ${signs.waiting} `, "warning"), span(cut(title, scene.width, signs.ellipsis))],
    [span(what, "faint"), span(age)],
  );
}

function chainLines(scene: Scene, chain: ChainRow, detail: number): Line[] {
  const lines = [chainLine(scene, chain, detail)];
  if (detail > 1 && isOpen(chain)) lines.push(strip(scene, chain));
  const why = detail > 2 ? whyLine(scene, chain) : null;
  return why === null ? lines : [...lines, why];
}

function isOpen({ status }: ChainRow): boolean {
  return status === "open" || status === "waiting";
}

function chainLine(scene: Scene, chain: ChainRow, detail: number): Line {
  const { ages, width, signs } = scene;
  const [sign, word, style] = standing(scene, chain);
  const at = chain.links.find(({ link }) => link === chain.at);
  const isBrief = detail === 1 && isOpen(chain) && at !== undefined && chain.status === "open";
  const round = chain.round === 1
    ? ""
    : width < WIDE
    ? `${chain.round}/${chain.maxRounds}`
    : `round ${chain.round} of ${chain.maxRounds}`;
  const cost = width < WIDE ? "" : money(chain);
  const age = isOpen(chain) ? ages.exact(chain.since) : ages.rough(chain.closedAt ?? chain.since);
  const right: Line[] = [
    ...round === "" ? [] : [[span(round, "warning")]],
    ...isBrief
      ? [linkPiece(scene, at, true)]
      : isOpen(chain) && chain.status === "open"
      ? []
      : [[span(word, style)]],
    ...cost === "" ? [] : [[span(cost, "faint")]],
    [span(fitted(age, AGE, { align: "right" }), isOpen(chain) ? "plain" : "faint")],
  ];
  const end = joined(right);
  const title = cut(chain.title, Math.max(8, width - lineWidth(end) - 4), signs.ellipsis);
  return row(
    scene,
    [span(` ${sign} `, style), span(title, isOpen(chain) ? "plain" : "faint")],
    end,
  );
}

function standing({ signs }: Scene, { status }: ChainRow): [sign: string, word: string, Style] {
  switch (status) {
    case "open":
      return [signs.running, "at work", "running"];
    case "waiting":
      return [signs.waiting, "waits for help", "warning"];
    case "completed":
      return [signs.done, "accepted", "done"];
    case "failed":
      return [signs.failed, "failed", "alert"];
    case "cancelled":
      return [signs.dropped, "cancelled", "faint"];
  }
}

function money({ spent, budgetUsd }: ChainRow): string {
  if (budgetUsd !== null) return `${dollars(spent.cost_usd)} of ${dollars(budgetUsd)}`;
  return spent.runs === 0 ? "" : dollars(spent.cost_usd);
}

/** All links, one after the other; who is at work where there is room. */
function strip(scene: Scene, chain: ChainRow): Line {
  const piece = (link: LinkRow, isFull: boolean) =>
    linkPiece(scene, link, isFull, chain.status === "waiting" ? "asked" : undefined);
  const indent = span("   ");
  for (const isFull of [true, false]) {
    const line = [indent, ...joined(chain.links.map((link) => piece(link, isFull)))];
    if (lineWidth(line) <= scene.width) return line;
  }
  const at = chain.links.findIndex(({ link }) => link === chain.at);
  const near = chain.links.slice(Math.max(0, at - 1), at + 2);
  return [indent, ...joined(near.map((link) => piece(link, false)))];
}

/** A link; with who is at it, or what it waits for, and since when, where there is room. */
function linkPiece(
  { signs, ages }: Scene,
  { state, link, who, since }: LinkRow,
  isFull: boolean,
  judged = LINKS.judging.word,
): Line {
  const { sign, style, word } = LINKS[state];
  const isWorking = state === "working";
  const isHere = isWorking || state === "judging" || state === "ready";
  const what = isWorking && who !== "" ? cut(who, 14) : state === "judging" ? judged : word;
  const said = isFull && isHere
    ? [span(` ${what} ${ages.exact(since)}`, isWorking ? "plain" : "warning")]
    : [];
  return [
    span(`${signs[sign]} `, style),
    span(link, isHere ? "strong" : state === "done" ? "plain" : "faint"),
    ...said,
  ];
}

const LINKS: Readonly<
  Record<
    LinkState,
    {
      readonly sign: "later" | "waiting" | "running" | "judged" | "done" | "failed" | "dropped";
      readonly style: Style;
      readonly word: string;
    }
  >
> = {
  waiting: { sign: "later", style: "faint", word: "" },
  ready: { sign: "waiting", style: "warning", word: "queued" },
  working: { sign: "running", style: "running", word: "at work" },
  judging: { sign: "judged", style: "warning", word: "handed in" },
  done: { sign: "done", style: "done", word: "done" },
  failed: { sign: "failed", style: "alert", word: "failed" },
  dropped: { sign: "dropped", style: "faint", word: "dropped" },
};

/** What it waits for, why it failed, or why it goes round again. */
function whyLine({ signs, width }: Scene, chain: ChainRow): Line | null {
  const [text, style] = whyOf(chain, signs.back);
  if (text === "") return null;
  return [span("   "), span(cut(text, width - 3, signs.ellipsis), style)];
}

function whyOf(chain: ChainRow, back: string): [text: string, Style] {
  if (chain.question !== null) return [`asks everybody: ${chain.question}`, "warning"];
  if (!isOpen(chain)) return [chain.reason ?? "", "faint"];
  const { lastRound } = chain;
  if (lastRound === null) return ["", "plain"];
  const sent = lastRound.redo === lastRound.link
    ? `${lastRound.link} again`
    : `${lastRound.link} sent it back to ${lastRound.redo}`;
  return [`${back} ${sent}: ${lastRound.reason}`, "warning"];
}
