import { Approval } from '../domain/run/run.js';
import { printable } from '../domain/api/event-line.js';
import { pageOf } from '../domain/api/page.js';
import { ApiClient } from './api-client.js';
import type { ApiOptions } from './api-client.js';
import { outJson, perform } from './io.js';
import type { CliIo, ExitCode } from './io.js';
import { tableLines } from './table.js';

export interface AnswerOptions extends ApiOptions {
  readonly approval_id: string;
  readonly comment?: string | undefined;
}

/** `fixpoint approvals`: the questions that wait for an answer. */
export async function approvals(options: ApiOptions, io: CliIo): Promise<ExitCode> {
  return perform(io, async () => {
    const page = await new ApiClient(io, options).get('/api/v1/approvals?state=pending', pageOf(Approval));
    if (options.json) {
      outJson(io, page);
      return 0;
    }
    const rows = page.items.map((item) => [
      item.approval_id,
      item.expires_at.slice(0, 19),
      item.playbook_id,
      item.service_name ?? '',
      item.message,
    ]);
    if (rows.length === 0) io.out('nothing waits for an answer');
    else for (const line of tableLines(['approval', 'until (UTC)', 'playbook', 'service', 'what'], rows)) io.out(line);
    if (page.next_cursor !== null) io.out('… more: GET /api/v1/approvals?state=pending');
    return 0;
  });
}

/** `fixpoint approve`: a yes to exactly what was shown. */
export async function approve(options: AnswerOptions, io: CliIo): Promise<ExitCode> {
  return answer(options, io, 'approve');
}

/** `fixpoint deny`: a no. */
export async function deny(options: AnswerOptions, io: CliIo): Promise<ExitCode> {
  return answer(options, io, 'deny');
}

async function answer(options: AnswerOptions, io: CliIo, given: 'approve' | 'deny'): Promise<ExitCode> {
  return perform(io, async () => {
    const path = `/api/v1/approvals/${encodeURIComponent(options.approval_id)}/${given}`;
    const item = await new ApiClient(io, options).post(path, { comment: options.comment ?? null }, Approval);
    if (options.json) outJson(io, item);
    else io.out(printable(`${item.state}: ${item.message}`));
    return 0;
  });
}
