import type { Source } from "@spillway/spec";
import { refuse } from "./require.ts";

const inUse = new WeakSet<Source<unknown>>();

/** Knows which source objects a pipeline is reading: one object holds what belongs to one reader, such as a group's membership. */
export const sourcesInUse = {
  /**
   * Enters all of these sources, or throws SPILLWAY_INVALID_OPTIONS and enters none. The returned function says that none of them is read any more.
   */
  enter(sources: readonly Source<unknown>[]): () => void {
    const taken = sources.filter((source) => inUse.has(source)).map(({ name }) => `"${name}"`);
    if (taken.length > 0)
      refuse(
        `the source object of ${taken.join(", ")} is being read by a pipeline that runs; make another source object, of the same options, for this one`,
      );
    for (const source of sources) inUse.add(source);
    return () => {
      for (const source of sources) inUse.delete(source);
    };
  },
};
