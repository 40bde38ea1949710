import { faultSuites } from "./fault-suites.ts";

/** A fault as a line: what is broken, and the names of the test and of its groups, without the numbers that stand for traps and guarantees in the documents. */
export function sayFault(file: string, names: readonly string[]): string {
  const suite = faultSuites.find(({ files }) => files.includes(file));
  const plain = names.map((name) => name.replace(/^(?:[TG]\d+,? )*[TG]\d+: /, "").replace(/,$/, ""));
  const line = plain.join(": ");
  const title = suite?.title ?? file;
  return line.startsWith(title) ? line : `${title}: ${line}`;
}
