import type { LocalStore } from "@spillway/local";
import type { ServerName } from "@spillway-tools/servers";
import type { JobBackend } from "./job-backend.ts";

/** The job on servers that messages go to and come from. What it counts of them stays in the embedded store. */
export interface ServerBackend extends JobBackend {
  /** Deletes what was made on the servers, and disconnects. */
  close(): Promise<void>;
}

/** What a backend on servers is opened with. */
export interface ServerBackendOptions {
  /** Where each of its servers listens: "host:port" separated by commas for Kafka, a URL for the others. */
  endpointOf(server: ServerName): string;
  /** What the names of all that it makes begin with. */
  readonly prefix: string;
  /** Keeps the statistics. */
  readonly store: LocalStore;
}

/** How long one thing that a job asks of its servers may take. */
export const askMs = 60_000;
