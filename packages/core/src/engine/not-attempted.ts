import { SpillwayError } from "@spillway/spec";
import type { BatchResult } from "./batch-stage.ts";

/** The result of a delivery that was in a batch and goes back to its place: it has used no attempt. */
export const notAttempted: BatchResult = {
  ok: false,
  error: new SpillwayError("the message was not attempted: something else of its batch comes first", { code: "SPILLWAY_NOT_ATTEMPTED" }),
};
