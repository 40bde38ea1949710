import { breaker, checkpoint, constant, consume, decode, haltOnFailure, handle, retry, text } from "@spillway/core";
import { messages, runUntilEnded } from "./on-memory.ts";

let calls = 0;
const service = breaker({ name: "payments", consecutiveFailures: 2, openMs: 200 });

const charged = consume(messages("A=A1", "B=B1", "C=C1"), { ordering: "key" }).pipe(
  decode(text()),
  handle(
    async (order, { attempt }) => {
      calls += 1;
      console.log(`call ${calls}, attempt ${attempt} of ${order}, the breaker is ${service.state}`);
      if (calls <= 3) throw new Error("no answer");
    },
    { breaker: service, concurrency: 1 },
  ),
  retry({ attempts: 5, backoff: constant(10) }),
  haltOnFailure(),
  checkpoint(),
);

await runUntilEnded(3, charged);
