import { QueryClient } from '@tanstack/react-query';
import { describe, expect, it } from 'vitest';
import { createAhead } from './ahead.js';
import { createApi } from './client.js';

/** What is asked of the service, by a clock that goes on when it is told. */
function anAhead(answer: () => Response = () => Response.json({ ok: true })) {
  const asked: string[] = [];
  let waiting: (() => void) | null = null;
  const api = createApi({
    fetch: async (url) => {
      asked.push(url instanceof Request ? url.url : url.toString());
      return answer();
    },
    onSignedOut: () => undefined,
  });
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: 4_000 } } });
  const ahead = createAhead(api, client, {
    after: (_ms, run) => {
      waiting = run;
      return () => {
        if (waiting === run) waiting = null;
      };
    },
  });
  const rest = (): void => {
    const run = waiting;
    waiting = null;
    run?.();
  };
  return { ahead, asked, client, rest };
}

describe('what is asked for ahead', () => {
  it('is the page of the row on which somebody rests, not those that are passed over', async () => {
    const { ahead, asked, client, rest } = anAhead();
    let more = 0;

    ahead.aim('/runs/a', () => void more++);
    ahead.aim('/runs/b', (ask) => {
      more++;
      ask('/api/v1/more');
    });
    rest();
    ahead.aim('/runs/c', () => void more++);
    ahead.leave();
    rest();

    await expect.poll(() => client.getQueryData(['/api/v1/runs/b', ''])).toEqual({ ok: true });
    expect(asked).toEqual(['/api/v1/runs/b', '/api/v1/more']);
    expect(more).toBe(1);
  });

  it('is asked for once while it is fresh, and at once when the row is taken', async () => {
    const { ahead, asked, client } = anAhead();

    ahead.take('/incidents/x');
    await expect.poll(() => client.getQueryData(['/api/v1/incidents/x', ''])).toBeDefined();
    ahead.take('/incidents/x');

    expect(asked).toEqual(['/api/v1/incidents/x']);
  });

  it('is nothing for a page that the API has elsewhere', () => {
    const { ahead, asked } = anAhead();

    for (const href of [
      '/silences/windows/w',
      '/rules/R1',
      '/runs?state=failed',
      '/runs/a?tab=events',
      'https://x/runs/a',
    ])
      ahead.take(href);

    expect(asked).toEqual([]);
  });

  it('leaves a failure to the page', async () => {
    const { ahead, asked, client } = anAhead(() => Response.json({}, { status: 503 }));

    ahead.take('/runs/a');

    await expect.poll(() => client.isFetching()).toBe(0);
    expect(client.getQueryData(['/api/v1/runs/a', ''])).toBeUndefined();
    expect(asked).toHaveLength(1);
  });
});
