import type { ConnectionCheck } from '../domain/connection.js';
import { outJson, perform } from './io.js';
import type { CliIo, ExitCode, OutputOptions } from './io.js';
import { tableLines } from './table.js';

/** `fixpoint doctor`: what works and what to do about the rest; 1 when something required does not work. */
export async function doctor(
  options: OutputOptions,
  io: CliIo,
  check: (signal: AbortSignal) => Promise<readonly ConnectionCheck[]>,
): Promise<ExitCode> {
  return perform(io, async () => {
    const checks = await check(io.signal);
    const broken = checks.filter((item) => item.required && !item.ok);
    if (options.json) outJson(io, { ok: broken.length === 0, checks });
    else {
      const rows = checks.map((item) => [wordOf(item), item.name, item.target, item.message]);
      for (const line of tableLines(['', 'what', 'where', 'found'], rows)) io.out(line);
      io.out('');
      io.out(
        broken.length === 0
          ? 'everything that is required works'
          : `does not work: ${broken.map((item) => item.name).join(', ')}`,
      );
    }
    return broken.length === 0 ? 0 : 1;
  });
}

function wordOf(check: ConnectionCheck): string {
  if (check.ok) return 'ok';
  return check.required ? 'FAILS' : 'fails (optional)';
}
