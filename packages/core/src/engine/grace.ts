/** How long the last save, giving messages back and the release may take when the drain deadline has passed, in milliseconds. */
export const graceMs = 5_000;
