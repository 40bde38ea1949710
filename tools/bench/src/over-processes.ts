import type { Measured } from "./bar.ts";
import { median, spreadOf } from "./statistics.ts";

/** The answers of a scenario that was measured in several processes: the median of their medians, and how far they are apart. No answer where one had none. */
export function overProcesses(answers: readonly (readonly Measured[])[]): readonly Measured[] {
  const [first = [], ...others] = answers;
  if (others.length === 0) return first;
  return first.flatMap(({ name }) => {
    const all = answers.flatMap((each) => each.filter((measured) => measured.name === name));
    if (all.length < answers.length) return [];
    const values = all.map(({ value }) => value);
    return [{ name, value: median(values), spread: spreadOf(values), detail: all.map(({ detail }) => detail).join("\n  ") }];
  });
}
