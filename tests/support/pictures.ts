import type { Frame } from "../../src/screen/view.ts";

/** What a frame shows, as text: a line a row, without the blanks at its end. */
export function pictureOf({ rows }: Frame): string {
  return rows.map((row) => row.map((cell) => cell?.text ?? "").join("").trimEnd()).join("\n");
}
