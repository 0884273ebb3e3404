import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { appendFileSync, createWriteStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TOKEN } from '../helper/fixpoint-process.js';

const MAIN = join(import.meta.dirname, '..', '..', 'dist', 'main.bundle.mjs');
/** How soon a supervisor starts a process again that could not start. */
const AGAIN_MS = 500;

/** How a process is started, always in the same way. */
export interface MemberOptions {
  readonly name: string;
  readonly port: number;
  readonly roles: string | null;
  readonly env: Readonly<Record<string, string>>;
  /** Where its log and the number of its process are kept. */
  readonly directory: string;
}

/** One process of the service under a supervisor: whenever it ends it is started again, until it is to stay down. */
export class Member {
  readonly url: string;
  readonly name: string;
  /** Ends that nobody caused, of a process that had started. */
  readonly crashes: string[] = [];
  readonly #options: MemberOptions;
  #child: ChildProcess | null = null;
  #up = false;
  #frozen = false;
  #stays = false;

  constructor(options: MemberOptions) {
    this.#options = options;
    this.name = options.name;
    this.url = `http://127.0.0.1:${options.port}`;
  }

  /** True when it has said that it listens, and is neither dead nor frozen. */
  get isUp(): boolean {
    return this.#up && !this.#frozen;
  }

  /** Takes alerts and answers questions; the others only say how they are. */
  get hasApi(): boolean {
    return this.#options.roles === null || this.#options.roles.split(',').includes('ingest');
  }

  start(): void {
    const { roles, env, port, directory } = this.#options;
    const child = spawn(process.execPath, [MAIN, ...(roles === null ? [] : ['--roles', roles])], {
      env: { ...process.env, PORT: String(port), LOG_LEVEL: 'warn', FIXPOINT_ADMIN_TOKEN: TOKEN, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.#stays = false;
    const log = createWriteStream(this.logFile, { flags: 'a' });
    // Whoever ends this suite by force finds here what is still running.
    if (child.pid !== undefined) appendFileSync(join(directory, 'pids'), `${child.pid}\n`);
    child.stdout.on('data', (chunk: Buffer) => {
      if (chunk.includes('Fixpoint on ')) this.#up = true;
    });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    child.once('exit', (code, signal) => {
      log.end();
      if (this.#up && !this.#stays)
        this.crashes.push(`${this.name} ended by itself (${signal ?? code}): ${this.lastWords()}`);
      this.#up = false;
      this.#frozen = false;
      this.#child = null;
      if (!this.#stays) setTimeout(() => this.#startAgain(), AGAIN_MS);
    });
  }

  /** Ends it without any warning; it stays down until `start`. */
  kill(): Promise<void> {
    const child = this.#child;
    this.#stays = true;
    this.#up = false;
    if (child === null) return Promise.resolve();
    return new Promise((resolve) => {
      child.once('exit', () => resolve());
      child.kill('SIGKILL');
    });
  }

  /** Takes its time away, and gives it back. */
  freeze(frozen: boolean): void {
    this.#frozen = frozen;
    this.#child?.kill(frozen ? 'SIGSTOP' : 'SIGCONT');
  }

  async get<T>(path: string): Promise<T> {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const answer = await fetch(this.url + path, { headers, signal: AbortSignal.timeout(30_000) });
    if (!answer.ok) throw new Error(`GET ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T; // what a path answers is known to the one who asks
  }

  post(path: string, body: string, timeout_ms = 10_000): Promise<Response> {
    return fetch(this.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body,
      signal: AbortSignal.timeout(timeout_ms),
    });
  }

  get logFile(): string {
    return join(this.#options.directory, `${this.name}.log`);
  }

  #startAgain(): void {
    if (!this.#stays && this.#child === null) this.start();
  }

  /** The end of its log. */
  lastWords(): string {
    return readFileSync(this.logFile, 'utf8').trim().split('\n').slice(-5).join(' | ').slice(-1_000);
  }
}
