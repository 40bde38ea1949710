/** What an acknowledged write survives; see the README for the calls of LMDB behind each. */
export type Durability =
  /** The end of the process in any way, kill -9 included. After a power loss the store is whole, but may have lost its last moments. */
  | "process-crash"
  /** The end of the machine: the write has been synced to the disk. */
  | "power-loss";
