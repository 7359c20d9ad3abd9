/*
 * Threads of one job run the same functions on the same state. Work is handed out by a counter; a barrier ends each phase.
 * In the builds without threads these fold to nothing but the counter.
 */

/** Turns of spinning on a barrier before a thread sleeps, about a quarter of a millisecond: chunks of a step differ by less, and waking takes a tenth. */
const SPINS: u32 = 10000;

/** A sleeping thread looks again after this long, ns: a lost wake-up may cost milliseconds but never the fit. */
const WAIT_NS: i64 = 5000000;

@unmanaged
export class Sync {
  threads: u32;
  arrived: u32;
  generation: u32;
  /** Next unit of work of this phase. */
  next: u32;
  /** Set by the host: stop after the present step. */
  cancel: u32;
  /** What thread 0 saw of `cancel`, so that all threads stop at the same step. */
  stop: u32;
  /** Table index of `sleep`. */
  sleep: u32;
}

/** Readies a zeroed block for a number of threads. */
export function sync_init(sync: Sync, threads: u32): void {
  sync.threads = threads;
  sync.sleep = sleep.index;
}

/**
 * Sleeps while the word holds `value`. To be called through the table with an index from memory, so that it is never inlined: V8's baseline
 * compiler up to Node 20 loses the locals that a function holds in registers across `memory.atomic.wait32`. This one has none to lose.
 */
function sleep(address: usize, value: u32): i32 {
  return ASC_FEATURE_THREADS ? atomic.wait<i32>(address, <i32>value, WAIT_NS) : 0;
}

/** The next unit of work of this phase. */
@inline
export function claim(sync: Sync): u32 {
  if (ASC_FEATURE_THREADS) return atomic.add<u32>(changetype<usize>(sync), 1, offsetof<Sync>("next"));
  return sync.next++;
}

/** Waits until every thread is here; the last one starts the counter of work anew. */
export function barrier(sync: Sync): void {
  if (!ASC_FEATURE_THREADS) {
    sync.next = 0;
    return;
  }
  const at = changetype<usize>(sync);
  const generation = atomic.load<u32>(at, offsetof<Sync>("generation"));
  if (atomic.add<u32>(at, 1, offsetof<Sync>("arrived")) + 1 == sync.threads) {
    atomic.store<u32>(at, 0, offsetof<Sync>("arrived"));
    atomic.store<u32>(at, 0, offsetof<Sync>("next"));
    atomic.add<u32>(at, 1, offsetof<Sync>("generation"));
    atomic.notify(at + offsetof<Sync>("generation"), -1);
    return;
  }
  for (let i: u32 = 0; i < SPINS; i++) {
    if (atomic.load<u32>(at, offsetof<Sync>("generation")) != generation) return;
  }
  while (atomic.load<u32>(at, offsetof<Sync>("generation")) == generation) {
    call_indirect<i32>(sync.sleep, at + offsetof<Sync>("generation"), generation);
  }
}
