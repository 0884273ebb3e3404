import { printable } from '../domain/api/event-line.js';
import { StormNow } from '../domain/api/system.js';
import { ApiClient } from './api-client.js';
import type { ApiOptions } from './api-client.js';
import { outJson, perform, UsageError } from './io.js';
import type { CliIo, ExitCode } from './io.js';

export interface StormsEndOptions extends ApiOptions {
  readonly service?: string | undefined;
  /** Only the storm of all services together. */
  readonly overall?: boolean | undefined;
  readonly for?: string | undefined;
  readonly reason?: string | undefined;
}

/** `fixpoint storms list`: the storms that there are now, and those that people keep off. */
export async function stormsList(options: ApiOptions, io: CliIo): Promise<ExitCode> {
  return perform(io, async () => {
    tell(await new ApiClient(io, options).get('/api/v1/storms', StormNow), options, io);
    return 0;
  });
}

/** `fixpoint storms end`: storms are over, and for a while none of them begins again. */
export async function stormsEnd(options: StormsEndOptions, io: CliIo): Promise<ExitCode> {
  return perform(io, async () => {
    const { service, overall, reason } = options;
    if (reason === undefined) throw new UsageError('expected --reason <text>: who looks later wants to know why');
    if (service !== undefined && overall) throw new UsageError('--service and --overall: expected one of them');
    const body = {
      ...(service === undefined ? {} : { service_name: service }),
      ...(overall ? { service_name: null } : {}),
      ...(options.for === undefined ? {} : { for: options.for }),
      reason,
    };
    tell(await new ApiClient(io, options).post('/api/v1/storms/end', body, StormNow), options, io);
    return 0;
  });
}

const MEANING = ['', 'what new runs write needs an approval', 'nothing new starts'];

function tell(now: StormNow, options: ApiOptions, io: CliIo): void {
  if (options.json) return outJson(io, now);
  for (const { service_name, level, since, rates } of now.storms)
    io.out(
      printable(
        `${nameOf(service_name)}: level ${level} since ${since} (${MEANING[level] ?? ''}); it changed at ${rates.starts} starts and ${rates.alerts} new alerts within a minute`,
      ),
    );
  for (const { service_name, until, by, reason } of now.kept_off)
    io.out(printable(`${nameOf(service_name)}: ended by ${by}, begins no more before ${until} (${reason})`));
  if (now.storms.length === 0) io.out('no storm');
}

function nameOf(service_name: string | null): string {
  return service_name ?? 'all services together';
}
