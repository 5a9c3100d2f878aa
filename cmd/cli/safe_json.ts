/**
 * JSON in which nothing can drive a terminal: `JSON.stringify` escapes C0 controls, this DEL, the C1
 * controls and the marks that reorder text as well. It parses to the same value.
 */
export function terminalSafeJson(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
