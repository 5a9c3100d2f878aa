// Reads a Dockerfile, as far as ours goes: stages, their instructions, and what they leave in the image's
// configuration. What it does not know is an error, so that nothing is passed over.

/**
 * @typedef {{op: string, flags: Record<string, string>, rest: string, words: string[]}} Instruction
 * @typedef {{name: string, from: string, instructions: Instruction[]}} Stage
 */

/**
 * The stages in order, with the variables of `FROM` filled in.
 *
 * @param {string} text
 * @returns {Stage[]}
 */
export function readStages(text) {
  const defaults = {};
  const stages = [];
  for (const line of logicalLines(text)) {
    const [op = "", rest = ""] = splitOnce(line, /\s+/);
    if (op === "ARG" && stages.length === 0) {
      const [name, value] = splitOnce(rest, /=/);
      defaults[name] = value;
    } else if (op === "FROM") {
      const [from, as, name] = filled(rest, defaults).split(/\s+/);
      if (as !== "AS") throw new Error(`A stage without a name: ${line}`);
      stages.push({ name, from, instructions: [] });
    } else {
      stages.at(-1).instructions.push(instruction(op, rest));
    }
  }
  return stages;
}

/** Fills `$NAME` and `${NAME}` in; a name without a value is an error. */
export function filled(text, values) {
  return text.replace(/\$\{?(\w+)\}?/g, (_, name) => {
    if (values[name] === undefined) throw new Error(`Nothing is known of $${name} in "${text}"`);
    return values[name];
  });
}

/** Lines without comments, those that a backslash continues joined. */
function logicalLines(text) {
  return text.split("\n")
    .filter((line) => !/^\s*#/.test(line))
    .join("\n")
    .replace(/\\\n\s*/g, "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

function instruction(op, rest) {
  const flags = {};
  let left = rest;
  for (let match; (match = /^--([a-z-]+)=(\S+)\s+/.exec(left)) !== null;) {
    flags[match[1]] = match[2];
    left = left.slice(match[0].length);
  }
  return { op, flags, rest: left, words: left.split(/\s+/) };
}

function splitOnce(text, separator) {
  const match = separator.exec(text);
  if (match === null) return [text];
  return [text.slice(0, match.index), text.slice(match.index + match[0].length)];
}
