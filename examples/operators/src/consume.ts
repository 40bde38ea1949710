import { setTimeout as sleep } from "node:timers/promises";
import { checkpoint, consume, decode, haltOnFailure, handle, text } from "@spillway/core";
import { messages, runUntilEnded } from "./on-memory.ts";

const inOrder = consume(messages("A=A1", "A=A2", "B=B1"), { ordering: "key" }).pipe(
  decode(text()),
  handle(async (order) => {
    console.log(`${order} begins`);
    await sleep(order === "A1" ? 300 : 50);
    console.log(`${order} ends`);
  }),
  haltOnFailure(),
  checkpoint(),
);

await runUntilEnded(3, inOrder);
