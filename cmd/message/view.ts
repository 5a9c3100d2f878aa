import type { Message } from "../../src/domain/message.ts";
import type { Column } from "../cli/grid.ts";

/** A message as it is printed: without what only its writers need. */
export type MessageView = Omit<Message, "nonce" | "finished_by">;

export function messageView(message: Message): MessageView {
  const { nonce: _nonce, finished_by: _run, ...shown } = message;
  return shown;
}

export const MESSAGE_COLUMNS: readonly Column<MessageView>[] = [
  { title: "ID", cell: ({ id }) => id, min: 14 },
  { title: "", cell: ({ read }) => read ? "✓" : "●", min: 1 },
  { title: "TYPE", cell: ({ type }) => type, min: 6 },
  {
    title: "FROM",
    cell: ({ from_name, from_instance }) => from_name || from_instance || "-",
    min: 8,
  },
  { title: "SENT", cell: ({ created_at }) => created_at, min: 24 },
  { title: "CONTENT", cell: ({ content }) => content.slice(0, 500), min: 12 },
];
