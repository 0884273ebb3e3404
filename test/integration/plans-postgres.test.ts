import { expect, it } from 'vitest';
import { openPool } from '../../src/store/postgres/pool.js';
import { describeWith, requireServer } from '../helper/servers.js';

await describeWith(['postgres'], 'plans on a real Postgres', () => {
  it('are never compiled: whole tables that are forbidden look so dear that every heartbeat would be', async () => {
    const db = openPool(await requireServer('postgres'), { lanes: 1, onError: () => undefined });
    try {
      const asked = { text: "select current_setting('jit') as jit" };
      expect(await db.query(asked)).toEqual([{ jit: 'off' }]);
      expect(await db.urgent(asked)).toEqual([{ jit: 'off' }]);
    } finally {
      await db.stop();
    }
  });
});
