import { describe, expect, it } from 'vitest';
import { AN_EMPTY_BACKTEST } from '../../test/helper/an-empty-backtest.js';
import { errorOf, HttpFace } from '../../test/helper/http-face.js';

const face = new HttpFace();
const { post } = face;

describe('POST /api/v1/backtest', () => {
  it('replays since an instant, with the files that were given', async () => {
    const files = [{ file: 'rules.yaml', text: 'rules: []' }];

    const answer = await post('/api/v1/backtest', { since: '1h', files });

    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual(AN_EMPTY_BACKTEST);
    expect(face.world.asked).toEqual([
      { what: 'backtest 2026-11-21T09:00:00.000Z', with: { since: '1h', files, max_alerts: 20_000 } },
    ]);
  });

  it.each([
    ['no since', {}, 'since'],
    ['a since that is none', { since: 'yesterday' }, 'since'],
    ['no files in the list', { since: '1h', files: [] }, 'files'],
    ['more alerts than it takes', { since: '1h', max_alerts: 1_000_000 }, 'max_alerts'],
    ['an unknown key', { since: '1h', playbooks: 'dir' }, 'playbooks'],
  ])('refuses %s', async (_what, body, path) => {
    const answer = await post('/api/v1/backtest', body);
    expect(answer.statusCode).toBe(400);
    expect(errorOf(answer).details.map((detail) => detail.path)).toEqual([path]);
  });

  it('is not for readers, nor for strangers', async () => {
    expect((await post('/api/v1/backtest', { since: '1h' }, {})).statusCode).toBe(401);
    face.world.token('a-viewers-token', 'viewer');
    const viewer = { authorization: 'Bearer a-viewers-token' };
    expect((await post('/api/v1/backtest', { since: '1h' }, viewer)).statusCode).toBe(403);
  });
});
