/** How many messages lie between two places of a partition. */
export type MessageCount =
  | { readonly is: "exactly"; readonly messages: number }
  /** An upper bound: there may be fewer, for instance because the log leaves gaps between its positions. */
  | { readonly is: "at most"; readonly messages: number }
  /** The provider does not say, or could not be asked now. */
  | { readonly is: "unknown"; readonly reason: string };
