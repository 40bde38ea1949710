import { checkpoint, consume, deadLetter, exponential, handle, retry } from "@spillway/core";
import { simulate } from "@spillway/simulator";

await simulate(
  (world) => {
    // What outlives a process: a database, reached by calls that may fail, hang, or be done twice.
    const booked = world.shared("booked", () => new Set<string>());
    return consume(world.source, { ordering: "key" }).pipe(
      handle((_value, { message, signal }) => world.call("book", () => booked.add(message.id), { signal })),
      retry({ attempts: 20, backoff: exponential({ firstMs: 50, maxMs: 2_000 }) }),
      deadLetter(world.deadLetters),
      checkpoint(),
    );
  },
  {
    seeds: 20,
    verify({ messages, deadLettered, shared }) {
      const { size } = shared("booked") as ReadonlySet<string>;
      if (size < messages.length - deadLettered.length) throw new Error(`${size} of ${messages.length} messages are booked`);
    },
  },
);
