import { expect, it } from 'vitest';
import type { Committer } from '../committer.js';
import type { Db, Statement } from '../db.js';
import type { Rows } from './commit.js';
import { EventFeed } from './event-feed.js';
import type { Glance } from './glance.js';
import { createRunStore } from './runs.js';

it('tells which runs were poked also when the answer to taking their marks is lost: nobody else would tell them', async () => {
  let marked = ['R'];
  const db = {
    query: ({ text }: Statement) => {
      const rows = marked.map((run_id) => ({ run_id }));
      if (!text.startsWith('update')) return Promise.resolve(rows);
      marked = [];
      return Promise.reject(new Error('the connection ended'));
    },
  } as unknown as Db; // nothing else of it is asked here
  const glance = { look: () => Promise.resolve({ poked: true }) } as unknown as Glance; // nor of it
  const store = createRunStore(db, {} as Committer<Rows>, new EventFeed(), { glance, hears: false });

  expect(await store.poked('w#1')).toEqual(['R']);
  expect(marked).toEqual([]);
});
