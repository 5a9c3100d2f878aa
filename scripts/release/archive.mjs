// node archive.mjs < '{"output": …, "top": …, "mtime": …, "files": [{"name", "path", "mode"}]}'
// Writes a .tar.gz whose bytes depend on what is in it alone: names in order, no owner, one time. It
// runs in the Node of the executables, for another version of zlib would compress otherwise.

import { createReadStream, createWriteStream, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";

const BLOCK = 512;
/** A tar file ends with two empty blocks, and is a whole number of records of twenty. */
const RECORD = 20 * BLOCK;
const FILE = "0";
const DIRECTORY = "5";

/** A header as POSIX.1-1988 (ustar) has it. */
function header({ name, mode, size, mtime, type }) {
  if (name.length > 100 || !/^[!-~]+$/.test(name)) {
    throw new Error(`Cannot archive "${name}"`);
  }
  const block = Buffer.alloc(BLOCK);
  const octal = (value, offset, digits) =>
    block.write(value.toString(8).padStart(digits, "0"), offset, "ascii");
  block.write(name, 0, "ascii");
  octal(mode, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(size, 124, 11);
  octal(mtime, 136, 11);
  block.fill(" ", 148, 156);
  block.write(type, 156, "ascii");
  block.write("ustar\u000000", 257, "ascii");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "ascii");
  return block;
}

/** The directories that the files are in, from the top down. */
function directoriesOf(names) {
  const found = new Set();
  for (const name of names) {
    for (let each = dirname(name); each !== "."; each = dirname(each)) found.add(each);
  }
  return [...found].map((name) => ({ name: `${name}/`, mode: 0o755, type: DIRECTORY }));
}

/** The bytes of the tar file. */
async function* tarOf({ top, mtime, files }) {
  const placed = files.map((file) => ({ ...file, name: `${top}/${file.name}`, type: FILE }));
  const all = [...directoriesOf(placed.map(({ name }) => name)), ...placed]
    .sort((a, b) => a.name < b.name ? -1 : 1);
  let written = 0;
  for (const { name, mode, type, path } of all) {
    const size = type === FILE ? statSync(path).size : 0;
    yield header({ name, mode, size, mtime, type });
    if (type === FILE) yield* createReadStream(path, { highWaterMark: 1 << 20 });
    const padding = (BLOCK - size % BLOCK) % BLOCK;
    yield Buffer.alloc(padding);
    written += BLOCK + size + padding;
  }
  yield Buffer.alloc(2 * BLOCK + (RECORD - (written + 2 * BLOCK) % RECORD) % RECORD);
}

const order = JSON.parse(readFileSync(0, "utf8"));
await pipeline(tarOf(order), createGzip({ level: 9 }), createWriteStream(order.output));
