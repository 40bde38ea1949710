import type { z } from "zod";
import type { Departure, Movie, Route } from "./schemas.ts";

/** Delays of flights; all times in minutes. */
export interface Delays {
  readonly flights: number;
  readonly late: number;
  readonly totalDelay: number;
  readonly longestDelay: number;
}

/** Where a statistic of delays begins. */
export const noFlights: Delays = { flights: 0, late: 0, totalDelay: 0, longestDelay: 0 };

/** Takes one more flight into account. */
export function addFlight(delays: Delays, flight: z.infer<typeof Departure> | z.infer<typeof Route>): Delays {
  return {
    flights: delays.flights + 1,
    late: delays.late + (isLate(flight) ? 1 : 0),
    totalDelay: delays.totalDelay + flight.delay,
    longestDelay: Math.max(delays.longestDelay, flight.delay),
  };
}

/** Late as the US Department of Transportation has it: 15 minutes or more. */
export function isLate({ delay }: { readonly delay: number }): boolean {
  return delay >= 15;
}

/** What the movies of one distributor took; in dollars. */
export interface BoxOffice {
  readonly movies: number;
  readonly totalGross: number;
}

/** Where a statistic of movies begins. */
export const noMovies: BoxOffice = { movies: 0, totalGross: 0 };

/** Takes one more movie into account. */
export function addMovie({ movies, totalGross }: BoxOffice, movie: z.infer<typeof Movie>): BoxOffice {
  return { movies: movies + 1, totalGross: totalGross + (movie["Worldwide Gross"] ?? 0) };
}
