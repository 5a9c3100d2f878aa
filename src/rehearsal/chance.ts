/**
 * A number in [0, 1) that follows from a seed and a name, and from nothing else: the same in every process
 * of a team and in every repetition. FNV-1a over UTF-16 units, its bits mixed by the finalizer of
 * MurmurHash3 (Appleby, public domain). Not for secrets.
 */
export function chance(seed: number, name: string): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let at = 0; at < name.length; at++) {
    hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193) >>> 0;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** One of the choices, by the same rule. */
export function choose<T>(seed: number, name: string, choices: readonly [T, ...T[]]): T {
  return choices[Math.floor(chance(seed, name) * choices.length)] ?? choices[0];
}
