import { connect } from "node:net";
import { LOOPBACK } from "./settings.ts";

const ANSWER_MS = 2_000;

/** The answer of a server on this machine to a four-letter word; null where none comes. */
export function fourLetterWord(port: number, word: "mntr"): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ host: LOOPBACK, port });
    let answer = "";
    const settle = (value: string | null) => {
      socket.destroy();
      resolve(value);
    };
    socket.setEncoding("utf8").setTimeout(ANSWER_MS, () => settle(null));
    socket.once("connect", () => socket.write(word));
    socket.on("data", (text: string) => void (answer += text));
    socket.once("end", () => settle(answer));
    socket.once("error", () => settle(null));
  });
}
