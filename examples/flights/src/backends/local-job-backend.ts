import { readDeadLetters, type LocalLog } from "@spillway/local";
import { localBackend } from "../store/local-backend.ts";
import type { JobStore } from "../store/open-job.ts";
import type { JobBackend, JobInput } from "./job-backend.ts";

/** The job on the embedded store. */
export function localJobBackend({ store, inputs: { departures, routes, movies } }: JobStore): JobBackend {
  return {
    ...localBackend(store),
    inputs: { departures: input(departures), routes: input(routes), movies: input(movies) },
    deadLetters: () => readDeadLetters({ store, log: "dead-letters" }),
  };
}

function input(log: LocalLog): JobInput {
  return {
    progress: "positions",
    appended: async () => new Map((await log.state()).map(({ partition, appended }) => [partition, appended])),
    append: (messages) => log.append(messages),
  };
}
