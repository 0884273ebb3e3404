import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const TOKEN = 'a-token-for-tests-only';
const ROOT = join(import.meta.dirname, '..', '..');

/** A folder with playbooks, a configuration and room for an embedded store. */
export interface Home {
  readonly directory: string;
  remove(): void;
}

/** `files` are playbooks and rules by file name, `config` is the text of fixpoint.yaml. */
export function aHome(files: Readonly<Record<string, string>>, config: string): Home {
  const directory = mkdtempSync(join(tmpdir(), 'fixpoint-home-'));
  mkdirSync(join(directory, 'playbooks'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, 'playbooks', name), text);
  writeFileSync(join(directory, 'fixpoint.yaml'), config);
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }) };
}

/** The service as a process of its own, as a person would start it (`test/helper/build.ts` builds it before the tests): what it promises can be tested by killing it. */
export class FixpointProcess {
  readonly url: string;
  readonly #child: ChildProcess;

  constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.#child = child;
  }

  /** Resolves when it listens; rejects with what it said when it does not. */
  static start(
    home: Home,
    env: Readonly<Record<string, string>> = {},
    args: readonly string[] = [],
  ): Promise<FixpointProcess> {
    const child = spawn(process.execPath, [join(ROOT, 'dist', 'main.bundle.mjs'), ...args], {
      cwd: ROOT,
      env: {
        ...process.env,
        PORT: '0',
        LOG_LEVEL: 'warn',
        FIXPOINT_ADMIN_TOKEN: TOKEN,
        FIXPOINT_CONFIG: join(home.directory, 'fixpoint.yaml'),
        FIXPOINT_DATA_DIR: join(home.directory, 'data'),
        FIXPOINT_PLAYBOOKS_DIR: join(home.directory, 'playbooks'),
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new Promise((resolve, reject) => {
      let said = '';
      const take = (chunk: Buffer): void => {
        said += chunk.toString();
        const url = /Fixpoint on (http:\S+)/.exec(said)?.[1];
        if (url) resolve(new FixpointProcess(url, child));
      };
      child.stdout.on('data', take);
      child.stderr.on('data', take);
      child.once('exit', (code) => reject(new Error(`fixpoint ended with ${code}: ${said}`)));
    });
  }

  /** Ends it without any warning. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  /** Answers the exit code. */
  async stop(): Promise<number | null> {
    await this.#end('SIGTERM');
    return this.#child.exitCode;
  }

  /** Nobody reads what it says any more, as behind `| head`. */
  closeOutput(): void {
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  async get<T>(path: string): Promise<T> {
    const answer = await fetch(this.url + path, { headers: { authorization: `Bearer ${TOKEN}` } });
    if (!answer.ok) throw new Error(`GET ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  post(path: string, body: unknown): Promise<Response> {
    return fetch(this.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
      this.#child.once('exit', () => resolve());
      this.#child.kill(signal);
    });
  }
}
