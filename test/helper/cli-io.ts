import type { CliIo } from '../../src/cli/io.js';
import { FakeClock } from './fake-clock.js';

/** A terminal that remembers what was written to it. Its clock stands still unless a test moves it. */
export class FakeTerminal {
  readonly lines: string[] = [];
  readonly errors: string[] = [];
  readonly files = new Map<string, string>();
  readonly interrupt = new AbortController();
  readonly clock = new FakeClock();
  env: Record<string, string | undefined> = {};
  isTTY = false;

  get text(): string {
    return this.lines.join('\n');
  }

  io(over: Partial<CliIo> = {}): CliIo {
    return {
      out: (line) => void this.lines.push(line),
      err: (line) => void this.errors.push(line),
      isTTY: this.isTTY,
      env: this.env,
      fetch: (url, init) => fetch(url, init),
      readText: async (path) => {
        const text = this.files.get(path);
        if (text === undefined) throw new Error(`ENOENT: no such file, open '${path}'`);
        return text;
      },
      clock: this.clock,
      signal: this.interrupt.signal,
      ...over,
    };
  }
}
