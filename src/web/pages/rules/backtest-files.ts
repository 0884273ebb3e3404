import type { QueryClient } from '@tanstack/react-query';
import type { PlaybookAnswer, PlaybookItem } from '../../../domain/api/playbook.js';
import type { Api } from '../../api/client.js';
import { path } from '../../api/client.js';
import type { Page } from '../../api/pages.js';
import { keyOf } from '../../api/queries.js';
import { countText } from '../../words/pair.js';

/** A file of a playbooks folder. */
export interface GivenFile {
  readonly file: string;
  readonly text: string;
}

/** Playbooks whose texts are fetched one by one for a backtest of other rules. */
export const MOST_PLAYBOOKS = 200;
const AT_A_TIME = 4;
const MOST_FILES = 5_000;
const MOST_BYTES = 24 * 1024 * 1024;

/** Other rules together with the playbooks in force. */
export async function withPlaybooksInForce(
  api: Api,
  client: QueryClient,
  rules: string,
  tooMany: (most: string) => string,
): Promise<readonly GivenFile[]> {
  const { items, next_cursor } = await api.request<Page<PlaybookItem>>('GET', '/api/v1/playbooks', {
    query: { limit: MOST_PLAYBOOKS },
  });
  if (next_cursor !== null) throw new Error(tooMany(countText(MOST_PLAYBOOKS)));
  const byFile = new Map<string, string>();
  for (let from = 0; from < items.length; from += AT_A_TIME) {
    const some = await Promise.all(
      items.slice(from, from + AT_A_TIME).map(({ playbook_id }) => {
        const address = path`/api/v1/playbooks/${playbook_id}`;
        return client.fetchQuery({
          queryKey: keyOf(address),
          queryFn: ({ signal }) => api.request<PlaybookAnswer>('GET', address, { signal }),
        });
      }),
    );
    // A file may hold several playbooks, each of which has the whole text as its source.
    for (const { file, source } of some) byFile.set(file, source);
  }
  return [...[...byFile].map(([file, text]) => ({ file, text })), { file: 'rules.yaml', text: rules }];
}

/** The texts of files that somebody chose. Rejects where they are more, or larger, than the service takes. */
export async function readFiles(list: FileList | null): Promise<readonly GivenFile[]> {
  const files = [...(list ?? [])];
  const size = files.reduce((sum, file) => sum + file.size, 0);
  if (files.length > MOST_FILES || size > MOST_BYTES)
    throw new Error(`${countText(files.length)} files, ${Math.ceil(size / 1024 / 1024)} MiB`);
  return Promise.all(files.map(async (file) => ({ file: file.name, text: await file.text() })));
}
