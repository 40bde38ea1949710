import { seededRandom } from "./seeded-random.ts";

/** One call as a fake received it. */
export interface FakeCall {
  /** The operation's name, such as GetRecords. */
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** What goes wrong with one call. */
export type Fault =
  /** The service refuses it with this exception; it changed nothing. */
  | { readonly kind: "error"; readonly type: string; readonly status?: number; readonly message?: string }
  /** It takes effect, but the connection breaks before the answer. */
  | { readonly kind: "answer-lost" }
  /** The connection breaks before it takes effect. */
  | { readonly kind: "request-lost" }
  /** It takes effect, and the answer never comes; the connection stays open. */
  | { readonly kind: "answer-hangs" }
  /** It takes effect with another input, or not at all where there is none, and its answer is changed: a batch that is carried out in part. */
  | { readonly kind: "altered"; readonly input: FakeCall["input"] | undefined; readonly answer: (output: object) => object };

/** Decides, call by call, what goes wrong; undefined: nothing. */
export type Faults = (call: FakeCall) => Fault | undefined;

/** Nothing goes wrong. */
export const noFaults: Faults = () => undefined;

/** The first faults of a list, one for each call of this operation, then none. */
export function faultsInTurn(operation: string, faults: readonly (Fault | undefined)[]): Faults {
  const left = [...faults];
  return (call) => (call.operation === operation ? left.shift() : undefined);
}

/** Each call of these operations fails with this probability, with one of these faults; the same seed fails the same calls. */
export function seededFaults(options: {
  readonly seed: number;
  readonly probability: number;
  readonly operations: readonly string[];
  readonly faults: readonly Fault[];
}): Faults {
  const random = seededRandom(options.seed);
  return ({ operation }) => {
    if (!options.operations.includes(operation) || random() >= options.probability) return undefined;
    return options.faults[Math.floor(random() * options.faults.length)];
  };
}

/** Several sources of faults as one: the first that has one decides. */
export function anyFault(...sources: readonly Faults[]): Faults {
  return (call) => {
    for (const source of sources) {
      const fault = source(call);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
}
