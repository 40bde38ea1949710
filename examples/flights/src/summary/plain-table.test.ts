import picocolors from "picocolors";
import { describe, expect, it } from "vitest";
import type { Terminal } from "../view/terminal.ts";
import { plainTable } from "./plain-table.ts";

function terminalOf(columns: number, interactive = true): Terminal {
  const stream = { columns } as NodeJS.WriteStream;
  return { interactive, colors: picocolors.createColors(false), stream, print: () => undefined };
}

const heading = ["from", "record", "reason"];
const rows = [
  ["movies/1 at 15", "21", "Title: expected string, received number"],
  ["movies/0 at 1327", "3053", "none"],
];
const wide = [
  "  from              record  reason",
  "  movies/1 at 15        21  Title: expected string, received number",
  "  movies/0 at 1327    3053  none",
];

describe("plainTable", () => {
  it("is as wide as what is in it", () => {
    expect(plainTable(terminalOf(80), heading, rows, [2]).split("\n")).toEqual(wide);
  });

  it("aligns numbers to the right, also in a narrow last column", () => {
    expect(plainTable(terminalOf(80), ["airport", "late"], [["ORD", "1,095"]]).split("\n")).toEqual([
      "  airport   late",
      "  ORD      1,095",
    ]);
  });

  it("wraps its last column between words where the terminal ends", () => {
    expect(plainTable(terminalOf(56), heading, rows, [2]).split("\n")).toEqual([
      wide[0],
      "  movies/1 at 15        21  Title: expected string,",
      "                            received number",
      wide[2],
    ]);
  });

  it("wraps nothing in a file or a pipe, nor where a terminal does not know its width", () => {
    expect(plainTable(terminalOf(40, false), heading, rows, [2]).split("\n")).toEqual(wide);
    expect(plainTable(terminalOf(0), heading, rows, [2]).split("\n")).toEqual(wide);
  });
});
