export { checkpointStoreSuite } from "./checkpoints/checkpoint-store-suite.ts";
export type {
  CheckpointStoreHarness,
  CheckpointStoreNeed,
  CheckpointStoreSubject,
  CheckpointStoreSuite,
} from "./checkpoints/checkpoint-store-subject.ts";
export { bindSuite, type BoundCase, type BoundSuite } from "./kit/bound-suite.ts";
export type { CaseContext } from "./kit/case-context.ts";
export { conform, type TestRunner } from "./kit/conform.ts";
export type { ConformanceCase, Guarantee, Suite } from "./kit/conformance-case.ts";
export { ConformanceFailure } from "./kit/conformance-failure.ts";
export { lacking, type Closable, type Harness } from "./kit/harness.ts";
export { leaseStoreSuite } from "./leases/lease-store-suite.ts";
export type { LeaseStoreHarness, LeaseStoreNeed, LeaseStoreSubject, LeaseStoreSuite } from "./leases/lease-store-subject.ts";
export { logSourceSuite } from "./log-source/log-source-suite.ts";
export type { LogSourceHarness, LogSourceNeed, LogSourceSubject, LogSourceSuite } from "./log-source/log-source-subject.ts";
export { manualClock, type ManualClock } from "./manual-clock.ts";
export { queueSourceSuite } from "./queue-source/queue-source-suite.ts";
export type {
  QueueSourceHarness,
  QueueSourceNeed,
  QueueSourceSubject,
  QueueSourceSuite,
} from "./queue-source/queue-source-subject.ts";
export { scorecard, type Score, type ScorecardRow, type ScoredAdapter, type ScoredServer } from "./scorecard/scorecard.ts";
export { scorecardMarkdown } from "./scorecard/scorecard-markdown.ts";
export { scorecardText } from "./scorecard/scorecard-text.ts";
export { scorecardTotals, type ScorecardTotal } from "./scorecard/scorecard-totals.ts";
export { sinkSuite } from "./sink/sink-suite.ts";
export type { SinkHarness, SinkNeed, SinkSubject, SinkSuite, StoredMessage } from "./sink/sink-subject.ts";
