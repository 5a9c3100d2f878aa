import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** One record of the protocol, in both directions: clients and servers share it. */
export interface Codec<T> {
  write(writer: Writer, value: T): void;
  read(reader: Reader): T;
}

/** Item of a vector of strings. */
export const writeString = (writer: Writer, value: string): void => writer.string(value);
/** Item of a vector of strings. */
export const readString = (reader: Reader): string => reader.string();
