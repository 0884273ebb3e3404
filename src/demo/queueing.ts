/** How long requests wait for a free worker: the share that waits at all, and the wait that 1 % exceed. */
export interface Queue {
  readonly waiting_share: number;
  readonly wait_p99_ms: number;
}

/** Above this load a queue would grow without end; the services shed what is more, so the wait stays finite. */
const FULL = 0.9985;

/** The steady state of an M/M/c queue: `workers` in all, `capacity_rps` requests a second that they can finish together. */
export function steadyQueue(workers: number, capacity_rps: number, requests_per_second: number): Queue {
  if (workers <= 0 || capacity_rps <= 0 || requests_per_second <= 0) return { waiting_share: 0, wait_p99_ms: 0 };
  const load = Math.min(requests_per_second / capacity_rps, FULL);
  const waiting_share = erlangC(workers, load);
  const drain_per_second = capacity_rps * (1 - load);
  return { waiting_share, wait_p99_ms: Math.max(0, (Math.log(100 * waiting_share) / drain_per_second) * 1_000) };
}

/** The wait that a share `p` of the requests does not exceed; `wait_p99_ms` scales it while a queue grows or drains. */
export function waitAt(p: number, queue: Queue): number {
  if (queue.wait_p99_ms <= 0 || queue.waiting_share <= 0.01) return 0;
  return queue.wait_p99_ms * Math.max(0, Math.log(queue.waiting_share / (1 - p)) / Math.log(100 * queue.waiting_share));
}

/** The share of arrivals that find every worker busy (Erlang's C formula). */
export function erlangC(workers: number, load: number): number {
  let blocked = 1;
  const offered = load * workers;
  for (let count = 1; count <= workers; count++) blocked = (offered * blocked) / (count + offered * blocked);
  return blocked / (1 - load * (1 - blocked));
}
