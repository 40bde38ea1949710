import type { FencingToken, Lease, LogSource, Payload } from "@spillway/spec";
import type { World } from "./world.ts";

/** What a test says of a lease; the rest is an unremarkable one: the first owner's, clean, never to be given back. */
export type LeaseFacts = Partial<Omit<Lease, "partition" | "start" | "token">> & { readonly token?: number };

const never = new AbortController().signal;

/** A lease on each of the world's partitions, in their order. */
export function leasesOf(w: World, factsOf: (index: number) => LeaseFacts = () => ({})): readonly Lease[] {
  return w.log.partitions().map(({ id }, index): Lease => {
    const { token = 1, takeover = "clean", drain = never, lost = never, release = async () => {} } = factsOf(index);
    return { partition: id, token: token as FencingToken, start: { at: "earliest" }, takeover, drain, lost, release };
  });
}

/** The world's log, its partitions given out by a provider, each on the lease that the test wants; and then whatever it wants to be given out later. */
export function leased(
  w: World,
  factsOf?: (index: number) => LeaseFacts,
  later?: Promise<readonly Lease[]>,
): LogSource<Payload, { kind: "log"; keys: true }> {
  const leases = leasesOf(w, factsOf);
  return {
    ...w.source(),
    coordination: {
      by: "provider",
      consumer: "test",
      assigner: {
        async *leases({ signal }) {
          yield* leases;
          if (later !== undefined) yield* await later;
          await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
        },
      },
      checkpoints: w.stores.checkpoints,
    },
  };
}
