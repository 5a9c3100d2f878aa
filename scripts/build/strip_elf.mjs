// Takes out of an ELF executable what nothing reads when it runs: its symbol table and debug
// information, a seventh of Node. Our own rather than binutils' `strip`: the build needs no tool, the
// result depends on no version of one, and another architecture's file is as good as one's own.

/** Where the fields are in a 64-bit header, in bytes: https://refspecs.linuxfoundation.org/elf. */
const HEADER = { phoff: 32, shoff: 40, phentsize: 54, phnum: 56, shentsize: 58, shnum: 60 };
const SHSTRNDX = 62;
const SEGMENT = { offset: 8, fileSize: 32 };
const SECTION = { flags: 8, offset: 24 };
/** Flag of a section that is in memory when the program runs. */
const ALLOC = 2n;

const number = (bytes, offset) => Number(bytes.readBigUInt64LE(offset));

/** The end of all that is loaded, or that the loader reads. */
function endOfSegments(elf) {
  const [start, size] = [number(elf, HEADER.phoff), elf.readUInt16LE(HEADER.phentsize)];
  const ends = Array.from({ length: elf.readUInt16LE(HEADER.phnum) }, (_, index) => {
    const segment = start + index * size;
    return number(elf, segment + SEGMENT.offset) + number(elf, segment + SEGMENT.fileSize);
  });
  return Math.max(...ends);
}

/** The headers of all sections, as they are in the file. */
function sectionHeaders(elf) {
  const [start, size] = [number(elf, HEADER.shoff), elf.readUInt16LE(HEADER.shentsize)];
  const count = elf.readUInt16LE(HEADER.shnum);
  return Array.from(
    { length: count },
    (_, index) => elf.subarray(start + index * size, start + (index + 1) * size),
  );
}

/**
 * The executable without the sections that are not loaded; their names stay behind.
 *
 * @param elf {Buffer} a 64-bit little-endian ELF file
 * @returns {Buffer}
 * @throws {Error} where it is none, or is laid out otherwise than linkers do
 */
export function stripElf(elf) {
  if (elf.readUInt32BE(0) !== 0x7f454c46 || elf[4] !== 2 || elf[5] !== 1) {
    throw new Error("Cannot strip it: it is no 64-bit little-endian ELF file");
  }
  const headers = sectionHeaders(elf);
  const isLoaded = (header) => (header.readBigUInt64LE(SECTION.flags) & ALLOC) !== 0n;
  const loaded = headers.slice(1).filter(isLoaded);
  // Sections name each other by number, so that only the last ones can go.
  if (headers.slice(1, loaded.length + 1).some((header) => !isLoaded(header))) {
    throw new Error("Cannot strip it: sections that are loaded follow others");
  }

  const names = Buffer.from(headers[elf.readUInt16LE(SHSTRNDX)]);
  const namesStart = number(names, SECTION.offset);
  const end = endOfSegments(elf);
  const body = Buffer.concat([
    elf.subarray(0, end),
    elf.subarray(namesStart, namesStart + number(names, SECTION.offset + 8)),
  ]);
  names.writeBigUInt64LE(BigInt(end), SECTION.offset);
  const table = [headers[0], ...loaded, names];
  const padding = Buffer.alloc((8 - body.length % 8) % 8);
  const stripped = Buffer.concat([body, padding, ...table]);
  stripped.writeBigUInt64LE(BigInt(body.length + padding.length), HEADER.shoff);
  stripped.writeUInt16LE(table.length, HEADER.shnum);
  stripped.writeUInt16LE(table.length - 1, SHSTRNDX);
  return stripped;
}
