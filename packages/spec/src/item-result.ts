/** What became of one item of a batch call. Results are aligned with the call's input: one for each, in its order. */
export type ItemResult = { readonly ok: true } | { readonly ok: false; readonly error: Error };

/** The result of every item that succeeded. */
export const succeeded: ItemResult = { ok: true };
