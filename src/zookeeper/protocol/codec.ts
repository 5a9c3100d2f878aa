import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/**
 * One record of the protocol, in both directions: clients and servers share it. What is written may
 * be of a wider type than what is read, so that a server can write its own objects as they are.
 */
export interface Codec<T, Written = T> {
  write(writer: Writer, value: Written): void;
  read(reader: Reader): T;
}

/** Item of a vector of strings. */
export const writeString = (writer: Writer, value: string): void => writer.string(value);
/** Item of a vector of strings. */
export const readString = (reader: Reader): string => reader.string();
