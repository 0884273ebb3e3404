import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { until } from './until.js';

/**
 * Takes a process its time away, and comes back when every one of its threads has stopped: the signal is only
 * noted when `kill` returns, and on a busy machine a thread may go on for a while and answer once more.
 */
export async function freeze(pid: number): Promise<void> {
  if (!signal(pid, 'SIGSTOP')) return;
  await until(`process ${pid} to stand still`, () => threadsOf(pid).every((state) => 'TZX'.includes(state)));
}

/** Gives a process its time back. */
export function thaw(pid: number): void {
  signal(pid, 'SIGCONT');
}

/** Whether the signal was taken; a process that has ended in the meantime needs none. */
function signal(pid: number, which: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, which);
  } catch {
    return false;
  }
}

/** The state of each thread, as proc(5) names it; one that ends in the meantime is left out. */
function threadsOf(pid: number): string[] {
  const threads = existsSync(`/proc/${pid}/task`) ? readdirSync(`/proc/${pid}/task`) : [];
  return threads.flatMap((thread) => {
    try {
      // "id (name) state …": the name may hold anything, so it is read from the last bracket on.
      const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
      return [stat.replace(/^.*\) /s, '').charAt(0)];
    } catch {
      return [];
    }
  });
}
