/** The end of a history is where it went wrong. */
const lastLines = 60;

/** The last lines of a history, under a line that says how many there are. */
export function sayLast(history: readonly string[]): readonly string[] {
  return [`The last of what happened (${history.length} entries in all):`, ...history.slice(-lastLines)];
}
