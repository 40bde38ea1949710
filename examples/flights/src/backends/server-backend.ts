import type { JobBackend } from "./job-backend.ts";

/** The job on a server that messages go to and come from. What it keeps of them stays in the embedded store. */
export interface ServerBackend extends JobBackend {
  /** Deletes what was made on the server, and disconnects. */
  close(): Promise<void>;
}

/** How long one thing that a job asks of its server may take. */
export const askMs = 60_000;
