import { officeOf } from "../../monitor/board.ts";
import { spentTexts } from "../amounts.ts";
import { called, cut, cutStart, type Line, lineWidth, span, widthOf } from "../cells.ts";
import { joined, row, type Scene } from "../panel.ts";

/** Columns that a name may take on the first and the last line. */
const NAME = 24;

/** Who leads, and what it has cost. */
export function header(scene: Scene): Line {
  const left = office(scene);
  const room = scene.width - lineWidth(left) - 2;
  const texts = spentTexts(scene.board.spent, scene.board.self, scene.signs.dot);
  const cost = texts.find((text) => widthOf(text) <= room) ?? texts.at(-1) ?? "";
  return row(scene, left, cost === "" ? [] : [span(cost, "strong")]);
}

function office({ board, signs, ages }: Scene): Line {
  const self = cut(called(board.self.name, board.self.id), NAME, signs.ellipsis);
  switch (officeOf(board)) {
    case "leading": {
      const since = board.leader === null ? "" : ` ${signs.dot} ${ages.rough(board.leader.since)}`;
      return [
        span(`${signs.leader} `, "running"),
        span(self, "strong"),
        span(` leads${since}`),
      ];
    }
    case "standby": {
      const { leader } = board;
      const other = leader === null
        ? "nobody leads"
        : `${signs.leader} ${cut(called(leader.name, leader.id), NAME, signs.ellipsis)} leads`;
      return [
        span(`${signs.waiting} `, "warning"),
        span(self, "strong"),
        span(` stands by ${signs.dot} ${other}`),
      ];
    }
    case "away":
      return [
        span(`${signs.attention} `, "alert"),
        span(self, "strong"),
        span(" is cut off", "alert"),
      ];
  }
}

/** What everybody should know at once: ZooKeeper away, the team paused. */
export function notices(scene: Scene): Line[] {
  const { board, signs, ages, looks } = scene;
  const lines: Line[] = [];
  const { state, since } = board.zookeeper;
  if (state !== "connected") {
    const isLost = state === "expired" ? ", the session is lost" : "";
    lines.push([
      span(
        `${signs.attention} No answer from ZooKeeper for ${ages.exact(since)}${isLost}`,
        "alert",
      ),
      // By itself, for the end of a text that is cut begins with no blank.
      span(" "),
      span(`${signs.dot} shown is what was known then`, "warning"),
    ]);
  }
  if (board.pause !== null && board.pause.until > ages.now) {
    const { until, reason } = board.pause;
    const why = reason === "" ? "" : ` ${signs.dot} ${cut(reason, scene.width, signs.ellipsis)}`;
    lines.push([
      span(
        `${signs.waiting} Paused until ${looks.timeOfDay(until)} (${ages.until(until)})`,
        "warning",
      ),
      span(why, "warning"),
    ]);
  }
  return lines.map((line) => row(scene, line, []));
}

/** Where all this is, and how to end it. What does not fit gives way, the way out last. */
export function footer(scene: Scene): Line {
  const { board, signs, width } = scene;
  const out: Line = [span("Ctrl+C to stop", "faint")];
  const { self, zookeeper, leader } = board;
  const leads = leader === null ? "no leader" : `leader ${called(leader.name, leader.id)}`;
  const facts = [
    cut(leads, NAME + 7, signs.ellipsis),
    cut(self.id, NAME, signs.ellipsis),
    cut(`zk ${zookeeper.hosts}`, 40, signs.ellipsis),
  ];
  let room = width - lineWidth(out) - 2;
  const shown: Line[] = [];
  for (const fact of facts) {
    if (widthOf(fact) > room) break;
    shown.push([span(fact, "faint")]);
    room -= widthOf(fact) + 2;
  }
  if (shown.length === facts.length && room > 8) {
    shown.push([span(cutStart(self.cacheDir, room, signs.ellipsis), "faint")]);
  }
  return row(scene, joined(shown), out);
}
