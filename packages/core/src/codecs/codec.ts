/** Makes a B of an A, or throws (or rejects with) why it cannot. */
export interface Codec<A, B> {
  /** Names the format, for explain(). */
  readonly name: string;
  /** Throws for what can never be decoded. */
  decode(value: A): B | PromiseLike<B>;
}
