import { QueryClient } from '@tanstack/react-query';
import { describe, expect, it } from 'vitest';
import { createAhead } from './ahead.js';
import { createApi } from './client.js';

/** What is asked of the service, by a clock that goes on when it is told. */
function anAhead(answer: () => Response | Promise<Response> = () => Response.json({ ok: true })) {
  const asked: string[] = [];
  const waiting = new Set<() => void>();
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
      waiting.add(run);
      return () => void waiting.delete(run);
    },
  });
  const rest = (): void => {
    const due = [...waiting];
    waiting.clear();
    for (const run of due) run();
  };
  return { ahead, asked, client, rest };
}

describe('what is asked for ahead', () => {
  it('is the page of the row that somebody comes to, and of the one on which they rest, not those that are passed over', async () => {
    const { ahead, asked, client, rest } = anAhead();
    let more = 0;
    ahead.aim('/runs/a');
    ahead.aim('/runs/b', () => void more++);
    ahead.aim('/runs/c', (ask) => {
      more++;
      ask('/api/v1/more');
    });
    expect(asked).toEqual(['/api/v1/runs/a']);

    rest();
    await expect.poll(() => client.getQueryData(['/api/v1/runs/c', ''])).toEqual({ ok: true });
    ahead.aim('/runs/d');
    ahead.aim('/runs/e', () => void more++);
    ahead.leave();
    rest();
    expect(asked).toEqual(['/api/v1/runs/a', '/api/v1/runs/c', '/api/v1/more', '/api/v1/runs/d']);
    expect(more).toBe(1);
  });

  it('is one row after the other where answers are slow, of those come to meanwhile the last, and at once what is taken', async () => {
    const answers: (() => void)[] = [];
    const { ahead, asked, rest } = anAhead(
      () => new Promise((resolve) => answers.push(() => resolve(Response.json({ ok: true })))),
    );
    for (const row of ['a', 'b', 'c']) {
      ahead.aim(`/runs/${row}`);
      rest();
    }
    expect(asked).toEqual(['/api/v1/runs/a']);

    answers.shift()?.();
    await expect.poll(() => asked).toEqual(['/api/v1/runs/a', '/api/v1/runs/c']);
    ahead.aim('/runs/d');
    rest();
    ahead.leave();
    ahead.take('/runs/e');
    expect(asked.at(-1)).toBe('/api/v1/runs/e');
    for (const answer of answers) answer();
    await new Promise((done) => setTimeout(done));
    expect(asked).toHaveLength(3);
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

  it('is waited for by who follows the link, and the page is gone to once', async () => {
    const { ahead, rest } = anAhead();
    let gone = 0;
    ahead.follow('/runs/a', () => void gone++);
    expect(gone).toBe(0);
    await expect.poll(() => gone).toBe(1);
    rest();
    ahead.follow('/runs/a', () => void gone++);
    expect(gone, 'what is there already is not waited for').toBe(2);
  });

  it('is not waited for where it is drawn after the page stands', async () => {
    let letCome: () => void = () => undefined;
    const { ahead, asked } = anAhead(() =>
      asked.at(-1) === '/api/v1/alerts?fingerprint=f'
        ? new Promise((resolve) => (letCome = () => resolve(Response.json({ ok: true }))))
        : Response.json({ ok: true }),
    );
    let gone = 0;
    ahead.follow(
      '/alerts/a',
      () => void gone++,
      (ask) => ask('/api/v1/alerts', { fingerprint: 'f' }, 'after'),
    );
    expect(asked).toEqual(['/api/v1/alerts/a', '/api/v1/alerts?fingerprint=f']);
    await expect.poll(() => gone).toBe(1);
    letCome();
  });

  it('is waited for no longer than a moment, and not at all once another link is followed or the list has gone', async () => {
    const answers: (() => void)[] = [];
    const { ahead, client, rest } = anAhead(
      () => new Promise((resolve) => answers.push(() => resolve(Response.json({ ok: true })))),
    );
    const gone: string[] = [];
    ahead.follow('/runs/a', () => gone.push('a'));
    ahead.follow('/runs/b', () => gone.push('b'));
    rest();
    expect(gone).toEqual(['b']);
    ahead.follow('/runs/c', () => gone.push('c'));
    ahead.stop();
    rest();
    for (const answer of answers) answer();
    await expect.poll(() => client.isFetching()).toBe(0);
    expect(gone).toEqual(['b']);
  });
});
