export { constant, exponential, fromError, type Backoff, type BackoffStep, type ExponentialOptions, type Jitter } from "./backoff.ts";
export { breaker, type Breaker, type BreakerOptions, type BreakerState } from "./breaker.ts";
export { checkpoint, type CheckpointOptions } from "./checkpoint.ts";
export { clearKeys } from "./clear-keys.ts";
export { classify, when, type ErrorType, type FailureContext, type Rule } from "./classify.ts";
export { bytes } from "./codecs/bytes.ts";
export type { Codec } from "./codecs/codec.ts";
export { json } from "./codecs/json.ts";
export { orTombstone } from "./codecs/or-tombstone.ts";
export { text } from "./codecs/text.ts";
export { consult } from "./consult.ts";
export { consumeAll, type ConsumeAllOptions, type RankedSource, type TraitsOf, type ValueOf } from "./consume-all.ts";
export { consume, type ConsumeLogOptions, type ConsumeOptions, type Orderings } from "./consume.ts";
export { deadLetterBudget, type DeadLetterBudget, type DeadLetterBudgetOptions } from "./dead-letter-budget.ts";
export { deadLetter, type DeadLetterOptions } from "./dead-letter.ts";
export { decode } from "./decode.ts";
export type { Delivery, Phase, Settled } from "./delivery.ts";
export type { Counts } from "./engine/counters.ts";
export type { EngineEvent } from "./events.ts";
export { expand, type ExpandContext, type ExpandOptions } from "./expand.ts";
export {
  explain,
  type Explanation,
  type FeedExplanation,
  type SourceExplanation,
  type StageExplanation,
  type UnsettledExplanation,
} from "./explain.ts";
export { filter } from "./filter.ts";
export type { GateExplanation } from "./gate-explanation.ts";
export { haltOnFailure } from "./halt-on-failure.ts";
export { handle, type HandleContext, type HandleOptions } from "./handle.ts";
export { failed, handleBatch, type BatchContext, type Failed, type HandleBatchOptions } from "./handle-batch.ts";
export { health, type Health } from "./health.ts";
export { logEvents, type Logger } from "./logger.ts";
export type { LeaseCall, LeaseEvent } from "./leases/lease-event.ts";
export { map } from "./map.ts";
export { publish, type PublishContext, type PublishOptions } from "./publish.ts";
export { retryBudget, type RetryBudget, type RetryBudgetOptions } from "./retry-budget.ts";
export { retry, type RetryPolicy, type RetryRule } from "./retry.ts";
export type { RewindTarget } from "./leases/rewind-target.ts";
export { rewind, type RewindOptions, type Rewound, type RewoundPartition } from "./leases/rewind.ts";
export { run, type RunOptions, type RunReport } from "./run.ts";
export { sayExplanation } from "./say-explanation.ts";
export type { Policy, Stage } from "./stage.ts";
