import * as z from "zod";
import type { Acl } from "../../zookeeper/zookeeper.ts";

/**
 * One node of an exported tree. `path` is relative to the team's root, which is `/`; data is a text, or
 * `data_base64` where it is none in UTF-8.
 */
export const NodeLine = z.object({
  v: z.literal(1),
  type: z.literal("node"),
  /** Of the last change of the node, by the server's clock. */
  time: z.iso.datetime(),
  path: z.string().regex(/^\/$|^(\/[^/]+)+$/),
  data: z.string().optional(),
  data_base64: z.base64().optional(),
  /** Changes of the data since the node was made: fencing tokens compare it. */
  version: z.int().nonnegative(),
  /** Children that were ever made below it: sequential names count them. */
  children_made: z.int().nonnegative(),
  /** Who may do what; left out where everybody may do everything. */
  acl: z.array(z.object({
    permissions: z.int().nonnegative(),
    scheme: z.string(),
    id: z.string(),
  })).optional(),
});
export type NodeLine = z.infer<typeof NodeLine>;

/** The first line. */
export const ExportLine = z.object({
  v: z.literal(1),
  type: z.literal("export"),
  time: z.iso.datetime(),
  root: z.string(),
});

/** The last line: without it, the rest is missing. */
export const EndLine = z.object({
  v: z.literal(1),
  type: z.literal("end"),
  time: z.iso.datetime(),
  nodes: z.int().nonnegative(),
  /** Ephemeral nodes, which live with their sessions and cannot be taken along. */
  left_out: z.int().nonnegative(),
});

/** A line of `coordinator export`. */
export const TransferLine = z.discriminatedUnion("type", [ExportLine, NodeLine, EndLine]);
export type TransferLine = z.infer<typeof TransferLine>;

/** Whether an ACL lets everybody do everything. */
export function isOpen(acl: readonly Acl[]): boolean {
  return acl.length === 1 && acl[0]?.permissions === 31 && acl[0].scheme === "world";
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes as the fields of a line. */
export function dataFields(bytes: Uint8Array): { data: string } | { data_base64: string } {
  try {
    return { data: decoder.decode(bytes) };
  } catch {
    return { data_base64: btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")) };
  }
}

/** The bytes that a line carries. */
export function dataOf(line: NodeLine): Uint8Array {
  if (line.data_base64 === undefined) return new TextEncoder().encode(line.data ?? "");
  return Uint8Array.from(atob(line.data_base64), (char) => char.charCodeAt(0));
}
