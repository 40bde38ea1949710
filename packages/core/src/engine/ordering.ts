/** What must stay in order: nothing, the messages of a key, or a whole partition. */
export type Ordering = "none" | "key" | "partition";
