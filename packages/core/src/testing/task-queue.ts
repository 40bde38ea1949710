/** A task of a virtual clock. */
export interface Task {
  readonly dueMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** Tasks by due time, and by order of scheduling among equals. */
export interface TaskQueue {
  add(task: Task): void;
  /** Forgets a task; nothing happens if it is not there. */
  delete(task: Task): void;
  first(): Task | undefined;
  readonly size: number;
}

/** A binary heap in which deleted tasks stay until they come up or outnumber the others. */
export function taskQueue(): TaskQueue {
  const waiting = new Set<Task>();
  let heap: Task[] = [];

  function isBefore(left: Task | undefined, right: Task | undefined): boolean {
    if (left === undefined || right === undefined) return false;
    return left.dueMs < right.dueMs || (left.dueMs === right.dueMs && left.order < right.order);
  }
  function swap(one: number, other: number): void {
    [heap[one], heap[other]] = [heap[other] as Task, heap[one] as Task];
  }
  function rise(index: number): void {
    for (let at = index; at > 0; ) {
      const above = (at - 1) >> 1;
      if (!isBefore(heap[at], heap[above])) return;
      swap(at, above);
      at = above;
    }
  }
  function sink(): void {
    for (let at = 0; ; ) {
      const left = 2 * at + 1;
      const least = isBefore(heap[left + 1], heap[left]) ? left + 1 : left;
      if (!isBefore(heap[least], heap[at])) return;
      swap(at, least);
      at = least;
    }
  }
  function removeTop(): void {
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    sink();
  }

  return {
    add(task) {
      waiting.add(task);
      heap.push(task);
      rise(heap.length - 1);
    },
    delete(task) {
      waiting.delete(task);
      if (heap.length > 2 * waiting.size + 64) heap = [...waiting].sort((left, right) => (isBefore(left, right) ? -1 : 1));
    },
    first() {
      while (heap[0] !== undefined && !waiting.has(heap[0])) removeTop();
      return heap[0];
    },
    get size() {
      return waiting.size;
    },
  };
}
