import { readDeadLetters, type LocalStore } from "@spillway/local";
import type { Payload } from "@spillway/spec";
import { plural } from "../view/format.ts";
import type { Terminal } from "../view/terminal.ts";

/** Prints every dead letter: why it is one, where it came from, and what it was. */
export async function printDeadLetters({ print, colors }: Terminal, store: LocalStore): Promise<void> {
  let letters = 0;
  for await (const { metadata, key, payload, headers } of readDeadLetters({ store, log: "dead-letters" })) {
    letters += 1;
    const { source, error, attempts } = metadata;
    const line = (label: string, text: string): void => print(`  ${colors.dim(label.padEnd(9))} ${text}`);
    print(colors.bold(`${source.name}/${source.partition} at ${source.position}`));
    line("why", `${metadata.disposition}, in ${metadata.stage} after ${plural(attempts, "attempt")}`);
    line("error", `${error.name}${error.code === undefined ? "" : ` ${error.code}`}: ${error.message}`);
    line("when", new Date(metadata.lastFailedAtMs).toISOString());
    line("id", metadata.id);
    line("key", key === undefined ? "none" : textOf(key));
    line("headers", headers.map(([name, value]) => `${name}: ${textOf(value)}`).join(", ") || "none");
    line("payload", payloadText(payload));
    print();
  }
  print(letters === 0 ? "There are no dead letters." : `${plural(letters, "dead letter")}.`);
}

function payloadText(payload: Payload): string {
  return payload === null ? "none (a tombstone)" : textOf(payload);
}

function textOf(bytes: string | Uint8Array): string {
  return typeof bytes === "string" ? bytes : Buffer.from(bytes).toString("utf8");
}
