// What the kernel knows of a process.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

let ticks = null;

/** Seconds of CPU, user and system, that a process has used so far; null when there is none of that number. */
export function cpuSeconds(pid) {
  try {
    return cpuSecondsOf(readFileSync(`/proc/${pid}/stat`, 'utf8'), ticksASecond());
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return null;
    throw error;
  }
}

/** The same from the text of /proc/PID/stat: "pid (name) state …", where the name may hold anything. */
export function cpuSecondsOf(stat, ticks_a_second) {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user, system] = [Number(fields[11]), Number(fields[12])];
  if (!Number.isFinite(user) || !Number.isFinite(system)) throw new Error(`not a line of /proc/PID/stat: ${stat}`);
  return (user + system) / ticks_a_second;
}

function ticksASecond() {
  ticks ??= Number(execFileSync('getconf', ['CLK_TCK']).toString());
  return ticks;
}

/** Adds up what processes use that come and go, such as the backends of a database: each counts from its first look to its last. */
export class CpuSum {
  #first = new Map();
  #last = new Map();

  /** What these processes have used by now, by pid. Whoever is not among them any more keeps what was seen of it. */
  look(seconds_by_pid) {
    const begins = this.#first.size === 0;
    for (const [pid, seconds] of seconds_by_pid) {
      // One that was not there at the first look has done all of its work since.
      if (!this.#first.has(pid)) this.#first.set(pid, begins ? seconds : 0);
      this.#last.set(pid, seconds);
    }
  }

  /** Seconds between the first look and the last. */
  get seconds() {
    let sum = 0;
    for (const [pid, seconds] of this.#last) sum += seconds - this.#first.get(pid);
    return sum;
  }
}
