import type { LocalStore } from "@spillway/local";
import type { Delays } from "../pipelines/statistics.ts";
import { tallies } from "../store/local-backend.ts";
import { count, percent } from "../view/format.ts";
import type { Terminal } from "../view/terminal.ts";
import { plainTable } from "./plain-table.ts";

const mostShown = 8;

/** The busiest airports, from the statistics that the pipeline keeps in the store. */
export async function airportTable(terminal: Terminal, store: LocalStore): Promise<string> {
  const airports: { readonly name: string; readonly delays: Delays }[] = [];
  for await (const [name, { statistic }] of tallies(store, "routes").entries()) airports.push({ name, delays: statistic });
  const busiest = airports.sort((one, other) => other.delays.flights - one.delays.flights).slice(0, mostShown);
  const rows = busiest.map(({ name, delays: { flights, late, totalDelay, longestDelay } }) => [
    name,
    count(flights),
    percent(late, flights),
    `${(totalDelay / flights).toFixed(1)} min`,
    `${count(longestDelay)} min`,
  ]);
  return plainTable(terminal, ["airport", "flights", "late", "mean delay", "longest"], rows);
}
