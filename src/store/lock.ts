import { closeSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { FixpointError } from '../domain/errors.js';

/**
 * Takes the directory for this process, or throws `conflict` naming the holder. A lock whose process is gone (or is a zombie, or whose pid
 * went to another process since) is taken over; a live holder is never timed out. The answer gives the lock back.
 */
export function lockDirectory(directory: string): () => void {
  const file = join(directory, 'fixpoint.lock');
  for (let turn = 0; turn < 20; turn++) {
    try {
      const handle = openSync(file, 'wx', 0o600);
      writeSync(handle, JSON.stringify({ pid: process.pid, started: startOf(process.pid) }));
      closeSync(handle);
      let held = true;
      return () => {
        if (held) rmSync(file, { force: true });
        held = false;
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // node's file system errors carry a code
      const holder = readHolder(file);
      if (holder !== null && isAlive(holder)) {
        throw new FixpointError(
          'conflict',
          `the data directory ${directory} is in use by process ${holder.pid}; stop it, or set FIXPOINT_DATA_DIR to another directory`,
        );
      }
      takeAway(file, holder);
    }
  }
  throw new FixpointError(
    'conflict',
    `the lock of the data directory ${directory} cannot be taken: others keep taking it`,
  );
}

interface Holder {
  readonly pid: number;
  readonly started: string | null;
}

/**
 * Removes a dead holder's lock. Moved aside first and read once more: two processes may have judged the same lock dead, and the slower one
 * must not remove what the faster one has taken since.
 */
function takeAway(file: string, dead: Holder | null): void {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return; // somebody was faster; the next turn sees whose lock it is now
  }
  const moved = readHolder(aside);
  const same = moved?.pid === dead?.pid && moved?.started === dead?.started;
  if (!same && moved !== null && isAlive(moved)) renameSync(aside, file);
  else rmSync(aside, { force: true });
}

/** Null when the file holds nothing readable: its writer died between making and filling it. */
function readHolder(file: string): Holder | null {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof value !== 'object' || value === null || !('pid' in value) || typeof value.pid !== 'number') return null;
    return { pid: value.pid, started: 'started' in value && typeof value.started === 'string' ? value.started : null };
  } catch {
    // Unreadable or cut in the middle: whoever wrote it is not there to defend it.
    return null;
  }
}

function isAlive(holder: Holder): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // it exists, it is just not ours to signal
  }
  const started = startOf(holder.pid);
  if (started === 'zombie') return false;
  return started === null || holder.started === null || started === holder.started;
}

/** The start time of a process in clock ticks since boot (proc(5), field 22), `zombie` for a dead one, null where /proc does not tell. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? 'zombie' : (fields[19] ?? null);
  } catch {
    // No /proc (macOS) or no such process.
    return null;
  }
}
