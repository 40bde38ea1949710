import type { ItemResult, OutgoingMessage, Sink } from "@spillway/spec";

/**
 * Writes many messages to a sink that keeps no order: those of a key one after another, the first of each key at once, then the second of each, and so on.
 * Resolves to one result for each, in the order of the messages.
 */
export async function appendInTurns(
  sink: Sink<Uint8Array>,
  messages: readonly OutgoingMessage<Uint8Array>[],
  signal: AbortSignal,
): Promise<readonly ItemResult[]> {
  const results: ItemResult[] = [];
  const writes = turns(messages).flatMap((turn) => parts(parts(turn, sink.traits.maxBatchSize), writesAtOnce));
  for (const together of writes) await Promise.all(together.map(write));
  return results;

  async function write(batch: readonly Placed[]): Promise<void> {
    const written = await sink.write(
      batch.map(({ message }) => message),
      { signal },
    );
    for (const [index, { place }] of batch.entries()) {
      const result = written[index];
      if (result !== undefined) results[place] = result;
    }
  }
}

const writesAtOnce = 4;

interface Placed {
  readonly place: number;
  readonly message: OutgoingMessage<Uint8Array>;
}

function turns(messages: readonly OutgoingMessage<Uint8Array>[]): readonly (readonly Placed[])[] {
  const found: Placed[][] = [];
  const seen = new Map<string, number>();
  for (const [place, message] of messages.entries()) {
    const turn = seen.get(String(message.key)) ?? 0;
    seen.set(String(message.key), turn + 1);
    (found[turn] ??= []).push({ place, message });
  }
  return found;
}

function parts<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, n) => items.slice(n * size, (n + 1) * size));
}
