/** A server that runs: started here, or somebody else's from the environment. */
export interface RunningServer {
  /** What clients connect to: "host:port" separated by commas for Kafka, a URL for the others. */
  readonly endpoint: string;
  /** The data folder of a server started here, where its log is; undefined for somebody else's. */
  readonly folder: string | undefined;
  /** Kills the server and removes its data; does nothing to somebody else's. */
  stop(): Promise<void>;
}

/** A server of one process that a test may kill and start again. */
export interface RestartableServer extends RunningServer {
  /** Ends the process without any warning; resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts a killed server on its old port and folder; resolves when it has answered a request. */
  restart(): Promise<void>;
}
