/** A message of the demonstration; its value is a name that no other one has. */
export interface NamedMessage {
  readonly key: string;
  readonly value: string;
}

/** A way to publish to a topic, to be held beside others. */
export interface Publisher {
  /** As the table calls it. */
  readonly name: string;
  /** Whether it is ours, so that a message that it loses is a failure and not a finding. */
  readonly isOurs: boolean;
  /** Connects to the brokers ("host:port,host:port"), where that is needed. */
  open(endpoint: string, topic: string): Promise<OpenPublisher>;
}

/** A publisher that is connected to its topic. */
export interface OpenPublisher {
  /** Publishes a batch and resolves to those of it that were acknowledged; what is refused is left out, and nobody tries it again. */
  publish(batch: readonly NamedMessage[]): Promise<readonly NamedMessage[]>;
  close(): Promise<void>;
}
