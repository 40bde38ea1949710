import { randomUUID } from "node:crypto";
import { openLocal, type LocalStore } from "@spillway/local";
import picocolors from "picocolors";
import { expect, onTestFinished } from "vitest";
import type { ServerBackend, ServerBackendOptions } from "../backends/server-backend.ts";
import { workJob } from "../job.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** Where a job was done, and what it printed. */
export interface DoneOnServer {
  readonly prefix: string;
  readonly store: LocalStore;
  readonly output: string;
}

/** Does a job of so many records of each file on servers. What it makes there goes with the test. */
export async function workOnServer(
  endpointOf: ServerBackendOptions["endpointOf"],
  open: (options: ServerBackendOptions) => Promise<ServerBackend>,
  limit: number,
): Promise<DoneOnServer> {
  const store = await openLocal({ directory: await temporaryFolder(), durability: "process-crash" });
  onTestFinished(() => store.close());
  const prefix = `flights-${randomUUID().slice(0, 8)}-`;
  const backend = await open({ endpointOf, prefix, store });
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
  return { prefix, store, output };
}
