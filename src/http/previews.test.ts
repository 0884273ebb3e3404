import { describe, expect, it } from 'vitest';
import { anAlert } from '../../test/helper/an-alert.js';
import { errorOf, HttpFace } from '../../test/helper/http-face.js';
import { WindowPreview } from '../domain/api/suppression.js';

const face = new HttpFace();
const { post } = face;
const preview = (body: unknown) => post('/api/v1/maintenance_windows/preview', body);

describe('a preview of a maintenance window', () => {
  it('tells the next occurrences, without a comment, and makes nothing', async () => {
    const answer = await preview({ cron: '0 22 * * *', duration: '2h', timezone: 'Asia/Shanghai', hold: true });

    expect(answer.statusCode).toBe(200);
    const { state, next } = WindowPreview.strict().parse(answer.json());
    expect(state).toBe('pending');
    expect(next).toHaveLength(5);
    expect(next[0]).toEqual({ starts_at: '2026-11-21T14:00:00.000Z', ends_at: '2026-11-21T16:00:00.000Z' });
    expect([face.world.kept, face.world.auditEntries]).toEqual([[], []]);
  });

  it.each([
    [{ cron: '0 22 * *', duration: '2h' }, 'cron'],
    [{ cron: '0 22 * * *', duration: 'long' }, 'duration'],
    [{ starts_at: '2026-11-20T10:00:00Z', ends_at: '2026-11-20T12:00:00Z' }, 'ends_at'],
    [{ cron: '0 22 * * *', duration: '2h', matchers: ['env=~"["'] }, 'matchers[0]'],
    [{ cron: '0 22 * * *', duration: '2h', comment: 1 }, 'comment'],
  ])('is refused at its field: %j', async (body, path) => {
    const answer = await preview(body);

    expect(answer.statusCode).toBe(400);
    expect(errorOf(answer).details.map((detail) => detail.path)).toContain(path);
  });
});

describe('a preview of what would be held', () => {
  it('of a window without matchers is everything that fires; of a silence it is refused', async () => {
    face.world.open = [anAlert(), anAlert({ labels: { env: 'dev' } })].map((alert, n) => ({ key: `k${n}`, alert }));

    const window = await post('/api/v1/silences/preview', { matchers: [], window: true });
    expect(window.json()).toMatchObject({ count: 2, complete: true });
    const silence = await post('/api/v1/silences/preview', { matchers: [] });
    expect(silence.statusCode).toBe(400);
    expect(errorOf(silence).details.map(({ path }) => path)).toEqual(['matchers']);
  });
});
