import { bindSuite, type BoundSuite, type Closable, type Harness, type Suite } from "@spillway/conformance";

const packages = new URL("../../../packages/", import.meta.url);

/** A package's conformance-harness module: harnesses, or functions that make one of a server's endpoint. */
export interface HarnessModule {
  readonly adapter: string;
  readonly exports: Readonly<Record<string, unknown>>;
}

/** Loads a package's harnesses. They are no part of what it publishes, so they are reached by their place in the repository, as built. */
export async function loadHarnesses(adapter: string): Promise<HarnessModule> {
  const exports = (await import(new URL(`${adapter}/dist/conformance-harness.js`, packages).href)) as Readonly<Record<string, unknown>>;
  return { adapter, exports };
}

/** A suite, and the name of the harness that it is to be bound to. */
export interface Binding {
  /** As the package's conformance-harness module exports it. */
  readonly harness: string;
  /** Binds them; the endpoint is given to a harness that is made of one. Throws when the module exports none of this name. */
  bind(module: HarnessModule, endpoint: string | undefined): BoundSuite;
}

/** A suite to be bound to the harness of this name. */
export function boundTo<Subject extends Closable, Need extends string>(suite: Suite<Subject, Need>, harness: string): Binding {
  return {
    harness,
    bind({ adapter, exports }, endpoint) {
      const found = exports[harness];
      const made: unknown = isFactory(found) ? found(endpoint) : found;
      if (!isHarness<Subject, Need>(made)) {
        throw new Error(
          `packages/${adapter}/src/conformance-harness.ts exports no harness named ${harness}: correct the name in adapters.ts.`,
        );
      }
      return bindSuite(suite, made);
    },
  };
}

/** What the suite's types promise is checked by the package's own build; here only that it is a harness at all. */
function isHarness<Subject extends Closable, Need extends string>(value: unknown): value is Harness<Subject, Need> {
  return typeof value === "object" && value !== null && "lacks" in value && "open" in value && typeof value.open === "function";
}

function isFactory(value: unknown): value is (endpoint: string | undefined) => unknown {
  return typeof value === "function";
}
