const everyMessages = 1_000;

/** How many passed entries are kept before the list is cut: taking from the front of an array for each message is dear. */
const passedEntries = 4_096;

/** The watermark of one partition, as someone would write it by hand: a list of what is done, and where its first gap is. */
export class Progress {
  private done: boolean[] = [];
  /** The sequence number of the list's first entry. */
  private offset = 0;
  /** The first entry that is not done. */
  private gap = 0;
  private unsaved = 0;
  private readonly save: (sequence: number) => Promise<void>;

  constructor(save: (sequence: number) => Promise<void>) {
    this.save = save;
  }

  /** A message was read; returns its number. */
  add(): number {
    return this.offset + this.done.push(false) - 1;
  }

  /** It has come to its end. */
  settle(sequence: number): void {
    this.done[sequence - this.offset] = true;
    while (this.done[this.gap] === true) this.gap++;
    if (this.gap >= passedEntries) {
      this.done = this.done.slice(this.gap);
      this.offset += this.gap;
      this.gap = 0;
    }
    if (++this.unsaved < everyMessages) return;
    this.unsaved = 0;
    void this.save(this.offset + this.gap);
  }
}
