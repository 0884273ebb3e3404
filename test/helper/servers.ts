import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'vitest';

const SCRIPT = join(import.meta.dirname, '..', 'servers', 'servers');

/** Where each server listens once it is up. */
const ADDRESSES = {
  postgres: 'postgres://postgres@127.0.0.1:25432/fixpoint',
  kafka: '127.0.0.1:29092',
  'kafka-3.9.1': '127.0.0.1:29094',
  'kafka-secure': '127.0.0.1:29099',
  elasticsearch: 'http://127.0.0.1:29200',
  kubernetes: 'https://127.0.0.1:26443',
  jaeger: 'http://127.0.0.1:26686',
  hotrod: 'http://127.0.0.1:28180',
  zipkin: 'http://127.0.0.1:29411',
  prometheus: 'http://127.0.0.1:29090',
  zabbix: 'http://127.0.0.1:28081/api_jsonrpc.php',
  toxiproxy: 'http://127.0.0.1:28474',
  mailpit: 'smtp://127.0.0.1:21025',
  // A program, not a server: where it stands.
  chromium: '/usr/bin/chromium',
} as const;

/** A server of test/servers. */
export type ServerName = keyof typeof ADDRESSES;

/** Built from source for many minutes: only asked for by hand or by CI, never as a side effect of a test. */
const BUILT_FOR_MINUTES: readonly ServerName[] = ['kubernetes', 'jaeger', 'hotrod'];
const INSTALL_LIMIT_MS = 8 * 60_000;
const ASK_LIMIT_MS = 30_000;

interface Said {
  readonly code: number;
  readonly text: string;
}

/** Runs the servers' script; answers its exit code and what it said. `env` is put over this process's environment. */
export function servers(
  args: readonly string[],
  env: Record<string, string> = {},
  limit_ms = INSTALL_LIMIT_MS,
): Promise<Said> {
  return new Promise((resolve) => {
    const child = spawn('bash', [SCRIPT, ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: limit_ms,
    });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.on('error', (error) => resolve({ code: -1, text: error.message }));
    // `exit`, not `close`: a server that was started may hold the pipe open for ever.
    child.on('exit', (code, signal) =>
      resolve({ code: code ?? -1, text: signal ? `${text}\nended by ${signal}` : text }),
    );
  });
}

/** A file in the folder where the servers keep what they make: `serverFile('kubernetes/fixpoint.kubeconfig')`. */
export function serverFile(path: string): string {
  return join(process.env.SERVERS_RUN_DIR ?? join(tmpdir(), 'fixpoint-servers'), path);
}

/** Answers the server's address once it is up, starting it where needed; throws with the reason when it cannot be had. */
export async function requireServer(name: ServerName, env: Record<string, string> = {}): Promise<string> {
  if ((await servers(['ready', name], env, ASK_LIMIT_MS)).code === 0) return ADDRESSES[name];
  const installed = (await servers(['installed', name], env, ASK_LIMIT_MS)).code === 0;
  if (!installed && BUILT_FOR_MINUTES.includes(name))
    throw new Error(`it is not installed and takes many minutes to build: test/servers/servers install ${name}`);
  const started = await servers(['up', name], env);
  if (started.code !== 0) throw new Error(lastLines(started.text) || `the script ended with ${started.code}`);
  return ADDRESSES[name];
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-3).join(' | ');
}

/** The addresses of the servers that a suite asked for. */
export type Addresses<Name extends ServerName> = Readonly<Record<Name, string>>;

/**
 * A suite that needs real servers; write `await describeWith(…)` at the top of the file. Where one of them cannot be had the suite is
 * skipped with a loud line on stderr, and in CI (`CI=true`) it fails instead.
 */
export async function describeWith<Name extends ServerName>(
  names: readonly Name[],
  title: string,
  suite: (addresses: Addresses<Name>) => void,
): Promise<void> {
  const addresses: Partial<Record<Name, string>> = {};
  for (const name of names) {
    try {
      addresses[name] = await requireServer(name);
    } catch (error) {
      return withoutServer(name, title, error instanceof Error ? error.message : String(error));
    }
  }
  // Every name was filled in by the loop above.
  describe(title, () => suite(addresses as Addresses<Name>));
}

function withoutServer(name: ServerName, title: string, reason: string): void {
  if (process.env.CI === 'true') {
    describe(title, () => {
      it(`has the server ${name}`, () => {
        throw new Error(`${name} cannot be had: ${reason}`);
      });
    });
    return;
  }
  process.stderr.write(`SKIPPED ${name}: ${reason} (suite: ${title})\n`);
  describe.skip(title, () => {
    it(`needs ${name}`, () => undefined);
  });
}
