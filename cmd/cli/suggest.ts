import { editDistance } from "../../src/domain/closest.ts";

/**
 * Up to three known words that somebody who typed `word` may have meant, nearest first: within a
 * third of its length in edits (two at least), beginning with it, or made of the same parts in
 * another order or number (`task-push`, `message-poll`).
 */
export function suggest(word: string, known: readonly string[]): string[] {
  const limit = Math.max(2, Math.floor(word.length / 3));
  return known
    .map((name) => ({ name, score: score(word.toLowerCase(), name.toLowerCase()) }))
    .filter(({ score }) => score <= limit)
    .sort((a, b) => a.score - b.score || a.name.localeCompare(b.name))
    .slice(0, 3)
    .map(({ name }) => name);
}

function score(word: string, name: string): number {
  if (parts(word) === parts(name)) return 0;
  if (word.length >= 3 && name.startsWith(word)) return 1;
  return editDistance(word, name);
}

function parts(text: string): string {
  return text.split("-").map((part) => part.replace(/s$/, "")).sort().join("-");
}
