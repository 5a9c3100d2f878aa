const CODES = { bold: "1", dim: "2", yellow: "33", blue: "34" } as const;

/** What a terminal can be asked for: base colours only, told apart by the colour-blind too. */
export type Style = keyof typeof CODES;

/** The text in a style, and the terminal as it was afterwards. */
export function paint(text: string, style: Style): string {
  return `\u001b[${CODES[style]}m${text}\u001b[0m`;
}

/**
 * Whether a stream gets colours: `--no-color`, then NO_COLOR (not empty), then FORCE_COLOR (not empty,
 * not 0), then whether it is a terminal that is not `dumb`.
 */
export function wantsColours(
  env: Readonly<Record<string, string | undefined>>,
  { noColor, isTerminal }: { readonly noColor: boolean; readonly isTerminal: boolean },
): boolean {
  if (noColor || env["NO_COLOR"]) return false;
  if (env["FORCE_COLOR"]) return env["FORCE_COLOR"] !== "0";
  return isTerminal && env["TERM"] !== "dumb";
}
