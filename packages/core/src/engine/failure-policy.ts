/** What stages do about failed messages, as far as a queue's own settings may come in its way. */
export interface FailurePolicy {
  /** How often a failing stage is tried at most, the first attempt included. */
  readonly attempts: number;
  /** The age at which a failing message is given up, in milliseconds; undefined when there is none. */
  readonly maxAgeMs: number | undefined;
  /** How often a queue gives a message out because it was given back until its next attempt: no sign of a crash. */
  readonly receivesByRetry: number;
  /** Whether it may stop the run at a failure, so that a queue counts stops like deaths. */
  readonly halts: boolean;
}

/** That of a stage which leaves failed messages to others. */
export const leavesFailures: FailurePolicy = { attempts: 1, maxAgeMs: undefined, receivesByRetry: 0, halts: false };

/** What several stages do about failed messages together. */
export function allPolicies(policies: readonly FailurePolicy[]): FailurePolicy {
  const ages = policies.flatMap(({ maxAgeMs }) => maxAgeMs ?? []);
  return {
    attempts: Math.max(1, ...policies.map(({ attempts }) => attempts)),
    maxAgeMs: ages.length === 0 ? undefined : Math.min(...ages),
    receivesByRetry: policies.reduce((sum, { receivesByRetry }) => sum + receivesByRetry, 0),
    halts: policies.some(({ halts }) => halts),
  };
}
