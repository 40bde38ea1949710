import { styleText } from "node:util";
import { passes, type Answer } from "./bar.ts";

const colours = process.stdout.isTTY && process.env["NO_COLOR"] === undefined;

/** One line of the table; the widths are those of the longest bars. */
export function sayAnswer(answer: Answer): string {
  const { bar, measured } = answer;
  const verdict = measured === undefined ? "no answer" : sayLimit(answer) === "" ? "" : passes(answer) ? "ok" : "missed";
  const figures = [
    bar.says.padEnd(66),
    (measured === undefined ? "-" : sayValue(measured.value)).padStart(9),
    sayLimit(answer).padStart(12),
    bar.unit.padEnd(11),
    (measured?.spread === undefined ? "" : `± ${Math.round(measured.spread * 100)} %`).padStart(6),
  ].join(" ");
  return `${figures}  ${paint(verdict, passes(answer) ? "green" : "red")}`;
}

/** What stands above the lines. */
export function sayHeading(): string {
  return ["".padEnd(66), "measured".padStart(9), "bar".padStart(12), "unit".padEnd(11), "spread"].join(" ");
}

function sayLimit({ bar }: Answer): string {
  if (bar.atMost !== undefined) return `at most ${sayValue(bar.atMost)}`;
  return bar.atLeast === undefined ? "" : `at least ${sayValue(bar.atLeast)}`;
}

function sayValue(value: number): string {
  return Math.abs(value) < 100 ? String(Number(value.toFixed(2))) : Math.round(value).toLocaleString("en");
}

function paint(text: string, colour: "green" | "red"): string {
  return colours ? styleText(colour, text) : text;
}
