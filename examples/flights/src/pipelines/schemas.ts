import { z } from "zod";

/** A record of flights-200k.json. */
export const Departure = z.object({
  /** In minutes; negative when early. */
  delay: z.number(),
  /** In miles. */
  distance: z.number(),
  /** The hour of departure: 17.75 is a quarter to six in the evening. */
  time: z.number().min(0).lt(24),
});

/** A record of flights-20k.json. */
export const Route = z.object({
  date: z.string(),
  /** In minutes; negative when early. */
  delay: z.number(),
  /** In miles. */
  distance: z.number(),
  origin: z.string().length(3),
  destination: z.string().length(3),
});

/** A record of movies.json. Its title is a text, one should think: some are numbers (1776, 1941, 300), and one is null. */
export const Movie = z.object({
  Title: z.string(),
  Distributor: z.string().nullable(),
  "Release Date": z.string(),
  /** In dollars. */
  "Worldwide Gross": z.number().nullable(),
});
