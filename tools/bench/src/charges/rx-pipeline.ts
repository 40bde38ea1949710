import type { LogMessage } from "@spillway/spec";
import { catchError, concatMap, defer, from, groupBy, map, mergeMap, of, retry, Subject, throwError, timer } from "rxjs";
import { decodeOrder } from "./order.ts";
import { Progress } from "./progress.ts";
import { Declined, type Service } from "./service.ts";

/** What the RxJS pipeline works with. */
export interface RxPipelineOptions {
  readonly service: Service;
  readonly maxInFlight: number;
  readonly deadLetter: (message: LogMessage<Uint8Array>, error: unknown) => Promise<void>;
  readonly save: (sequence: number) => Promise<void>;
  readonly ended: () => void;
}

interface Task {
  readonly message: LogMessage<Uint8Array>;
  readonly lane: string;
  readonly progress: Progress;
  readonly sequence: number;
}

/** What one writes with RxJS alone: a group for each key, its messages one after another, each with retry and catchError. */
export class RxPipeline {
  private readonly options: RxPipelineOptions;
  private readonly tasks = new Subject<Task>();
  private readonly progress: Progress[] = [];
  private inFlight = 0;
  private room: () => void = () => {};

  constructor(options: RxPipelineOptions) {
    this.options = options;
    const { service, deadLetter, ended } = options;
    this.tasks
      .pipe(
        groupBy(({ lane }) => lane),
        mergeMap((group) =>
          group.pipe(
            concatMap((task) => {
              let attempt = 0;
              return defer(() => {
                const order = decodeOrder(task.message.value);
                return from(service.charge(order, ++attempt));
              }).pipe(
                retry({ count: 2, delay: (error: unknown) => (error instanceof Declined ? throwError(() => error) : timer(10)) }),
                catchError((error: unknown) => from(deadLetter(task.message, error))),
                mergeMap(() => of(task)),
              );
            }),
          ),
        ),
        map((task) => {
          task.progress.settle(task.sequence);
          this.inFlight--;
          this.room();
          ended();
        }),
      )
      .subscribe();
  }

  /** Takes a page in when there is room. */
  async feed(page: readonly LogMessage<Uint8Array>[], partition: number): Promise<void> {
    while (this.inFlight + page.length > this.options.maxInFlight) await new Promise<void>((resolve) => (this.room = resolve));
    this.inFlight += page.length;
    const progress = (this.progress[partition] ??= new Progress(this.options.save));
    for (const message of page) this.tasks.next({ message, lane: `${partition} ${message.key}`, progress, sequence: progress.add() });
  }
}
