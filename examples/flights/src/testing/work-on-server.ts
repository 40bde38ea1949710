import { randomUUID } from "node:crypto";
import { openLocal, type LocalStore } from "@spillway/local";
import picocolors from "picocolors";
import { expect, onTestFinished } from "vitest";
import type { ServerBackend } from "../backends/server-backend.ts";
import { workJob } from "../job.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** What a backend on a server is opened with. */
export interface ServerPlace {
  readonly endpoint: string;
  readonly prefix: string;
  readonly store: LocalStore;
}

/** Does a job of so many records of each file on a server; resolves to where it was done and what was printed. Its topics or queues go with the test. */
export async function workOnServer(
  endpoint: string,
  open: (place: ServerPlace) => Promise<ServerBackend>,
  limit: number,
): Promise<ServerPlace & { readonly output: string }> {
  const store = await openLocal({ directory: await temporaryFolder(), durability: "process-crash" });
  onTestFinished(() => store.close());
  const place: ServerPlace = { endpoint, prefix: `flights-${randomUUID().slice(0, 8)}-`, store };
  const backend = await open(place);
  onTestFinished(() => backend.close());

  const printed: string[] = [];
  const print = (text = ""): void => void printed.push(text);
  const terminal = { interactive: false, colors: picocolors.createColors(false), stream: process.stdout, print };
  const words = { inputs: "topics", stopping: "", afterStop: "", furtherLooks: [["", ""]] } as const;
  const settings = { limit, failRate: 0.02, seed: 7 };
  const job = { store, backend, worker: "test", starts: { count: 1, killed: 0, holder: null }, settings, words };
  const code = await workJob(job, { concurrency: 64 }, terminal, new AbortController().signal);
  const output = printed.join("\n");
  expect({ code, output }).toMatchObject({ code: 0 });
  return { ...place, output };
}
