import process from "node:process";
import { createInterface } from "node:readline";

/** What a contender is given on its command line: `host port root outstanding`. */
export interface Load {
  readonly host: string;
  readonly port: number;
  /** Path of an empty node. */
  readonly root: string;
  /** Operations under way at any moment. */
  readonly outstanding: number;
}

/** The kinds of operations, in the order in which they are measured. */
export const KINDS = ["create", "get", "multi", "delete"] as const;
export type Kind = (typeof KINDS)[number];

/** Bytes of each node. */
export const DATA = new Uint8Array(100).fill(120);

export function readLoad(): Load {
  const [host = "", port, root = "", outstanding] = process.argv.slice(2);
  return { host, port: Number(port), root, outstanding: Number(outstanding) };
}

export const nodePath = (root: string, index: number) => `${root}/n-${1_000_000 + index}`;
export const multiPath = (root: string, index: number) => `${root}/m-${1_000_000 + index}`;

/** Runs operations `from` up to `to`, so many at a time; `start` calls `done` at the end of each. */
export function keepBusy(
  from: number,
  to: number,
  outstanding: number,
  start: (index: number, done: (error?: unknown) => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let next = from;
    let left = to - from;
    const done = (error?: unknown) => {
      if (error) return reject(error);
      left--;
      if (left === 0) resolve();
      else if (next < to) start(next++, done);
    };
    for (let i = 0; i < outstanding && next < to; i++) start(next++, done);
  });
}

/**
 * Runs what stdin asks for, line by line (`kind from to`, indices of nodes), and answers each with
 * the ms that it took and the ms of processor time that this process has spent on it; until stdin
 * ends. Contenders so take turns in short slices, and whatever else
 * the machine does falls on all of them.
 */
export async function serve(
  run: (kind: Kind, from: number, to: number) => Promise<void>,
): Promise<void> {
  console.log("ready");
  for await (const line of createInterface(process.stdin)) {
    const [name, from, to] = line.split(" ");
    const kind = KINDS.find((kind) => kind === name);
    if (kind === undefined) throw new Error(`Unknown kind "${name}"`);
    const start = performance.now();
    const before = process.cpuUsage();
    await run(kind, Number(from), Number(to));
    const { user, system } = process.cpuUsage(before);
    console.log(performance.now() - start, (user + system) / 1_000);
  }
}
