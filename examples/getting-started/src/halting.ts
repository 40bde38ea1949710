import { checkpoint, constant, consume, decode, haltOnFailure, handle, retry, run, text, type Settled } from "@spillway/core";
import { memoryLog, memorySource, memoryStores } from "@spillway/memory";
import { hasCode } from "@spillway/spec";
import type { Observable } from "rxjs";

const bookings = memoryLog({ name: "bookings" });
bookings.append(["+10", "+20", "x30", "+40"].map((booking) => ({ value: Buffer.from(booking) })));

// Checkpoints outlive a run here, as they do in any durable store.
const stores = memoryStores();

/** A ledger must not skip an entry: where one cannot be booked, the pipeline stops before it. */
function ledger(parse: (booking: string) => number): Observable<Settled> {
  return consume(memorySource({ log: bookings, consumer: "ledger", stores }), { ordering: "partition" }).pipe(
    decode(text()),
    handle((booking) => console.log(`booked ${parse(booking)}`)),
    retry({ attempts: 2, backoff: constant(50) }),
    haltOnFailure(),
    checkpoint(),
  );
}

function strict(booking: string): number {
  if (!booking.startsWith("+")) throw new Error(`${booking} is not a booking`);
  return Number(booking);
}

try {
  await run(ledger(strict));
} catch (error) {
  if (!hasCode(error, "SPILLWAY_HALTED")) throw error;
  console.log("halted, and nothing was skipped");
}

console.log("mended, started again");
await run(
  ledger((booking) => Number(booking.replace("x", "+"))),
  { signal: AbortSignal.timeout(2_000) },
);
