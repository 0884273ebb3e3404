// Processes of a benchmark: started on the CPU that is theirs, asked over IPC, and all ended when the benchmark ends.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';

/** Where each part runs, so that the load generator's cost is not the subject's. */
export const CPU = { subject: 0, load: 1 };

/** Null where pinning is not possible; the figures then mean less, and the result says so. */
export const pinning = cpus().length > 1 && spawnSync('taskset', ['-c', '0', 'true']).status === 0;

const running = new Set();

/** Spawns `node` on a CPU. `stdio` as for spawn; stderr is the benchmark's own. */
export function spawnNode(args, options) {
  return spawnPinned([process.execPath, ...args], options);
}

/** Spawns any program on a CPU. */
export function spawnPinned(command, { cpu, env = {}, cwd, stdio = ['ignore', 'ignore', 'inherit', 'ipc'] }) {
  const pinned = pinning && cpu !== undefined ? ['taskset', '-c', String(cpu), ...command] : command;
  const child = spawn(pinned[0], pinned.slice(1), { cwd, env: { ...process.env, ...env }, stdio });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** A process that says when it is ready and answers questions. */
export class Asked {
  #next = 1;
  #open = new Map();

  constructor(child) {
    this.child = child;
    this.ready = new Promise((resolve, reject) => {
      child.on('message', (message) => {
        if (message.ready) return resolve(message.ready);
        const waiting = this.#open.get(message.id);
        this.#open.delete(message.id);
        if (message.error) waiting?.reject(new Error(message.error));
        else waiting?.resolve(message.value);
      });
      child.once('exit', (code, signal) => {
        const error = new Error(`a process of the benchmark ended with ${signal ?? code}`);
        reject(error);
        for (const waiting of this.#open.values()) waiting.reject(error);
      });
    });
    // Heard of by whoever asks; a process that is never asked may end as it likes.
    this.ready.catch(() => undefined);
  }

  ask(what, parameters = {}) {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#open.set(id, { resolve, reject });
      this.child.send({ id, ask: what, ...parameters });
    });
  }
}

/** Ends one process and waits until it is gone. */
export async function end(child, signal = 'SIGTERM') {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await gone;
  clearTimeout(timer);
}

/** Ends whatever still runs. */
export async function endAll() {
  await Promise.all([...running].map((child) => end(child, 'SIGKILL')));
}
