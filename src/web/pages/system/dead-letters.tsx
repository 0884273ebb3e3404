import { useMemo } from 'react';
import { usePages } from '../../api/pages.js';
import { DataList } from '../../kit/data-list.js';
import type { Column } from '../../kit/data-list.js';
import { Dialog } from '../../kit/dialog.js';
import { Said } from '../../kit/said.js';
import { Badge } from '../../kit/sign.js';
import { Empty, ErrorState, Loading } from '../../kit/states.js';
import { text } from '../../kit/url-params.js';
import { useUrlState } from '../../kit/url-state.js';
import { When } from '../../kit/when.js';
import { useWords } from '../../words/language.js';
import { systemWords } from '../../words/system.js';
import { LetterDetail } from './dead-letter.js';
import type { DeadLetter } from './letter.js';

const PARAMS = { letter: text() };

/** The bodies that could not be used, and why; one beside the list, by its id in the address. */
export function DeadLettersPanel() {
  const { letters: words, tabs } = useWords(systemWords);
  const { because } = useWords();
  const [{ letter: id }, setParams] = useUrlState(PARAMS);
  const list = usePages<DeadLetter>('/api/v1/dead_letters', { idOf, limit: 50 });
  const columns = useColumns();
  const close = (): void => setParams({ letter: '' });
  const chosen = list.items.find((letter) => letter.dead_letter_id === id);
  if (list.error !== null && list.items.length === 0) return <ErrorState error={list.error} onRetry={list.retry} />;
  return (
    <>
      <DataList
        label={tabs.dead_letters}
        items={list.items}
        idOf={idOf}
        onOpen={(letter) => setParams({ letter: letter.dead_letter_id }, 'push')}
        columns={columns}
        card={(letter) => (
          <div className="card">
            <div className="card-top">
              <Source source={letter.source} />
              <span className="quiet">
                <When at={letter.received_at} inRow />
              </span>
            </div>
            <div className="card-bottom">
              {letter.replayed_at !== null && <Fate letter={letter} />}
              <span className="truncate" dir="auto">
                <Said text={letter.reason} />
              </span>
            </div>
          </div>
        )}
        isLoading={list.isLoading}
        hasMore={list.hasMore}
        isLoadingMore={list.isLoadingMore}
        onMore={list.more}
        current={id}
        empty={
          <Empty title={words.none} icon="check" tone="good">
            <p>{words.none_hint}</p>
          </Empty>
        }
      />
      <Dialog
        open={id !== ''}
        onClose={close}
        as="drawer"
        title={chosen === undefined ? tabs.dead_letters : because(tabs.dead_letters, chosen.source)}
      >
        {chosen !== undefined ? (
          <LetterDetail letter={chosen} />
        ) : list.isLoading ? (
          <Loading rows={5} />
        ) : (
          <Empty title={words.gone} icon="question">
            <p>{words.gone_hint}</p>
          </Empty>
        )}
      </Dialog>
    </>
  );
}

function idOf({ dead_letter_id }: DeadLetter): string {
  return dead_letter_id;
}

function useColumns(): readonly Column<DeadLetter>[] {
  const { letters: words } = useWords(systemWords);
  return useMemo(
    () => [
      {
        key: 'reason',
        title: words.reason,
        width: 'minmax(14rem, 1fr)',
        cell: ({ reason }) => (
          <span dir="auto" title={reason}>
            <Said text={reason} />
          </span>
        ),
      },
      { key: 'source', title: words.source, width: '9rem', cell: ({ source }) => <Source source={source} /> },
      {
        key: 'state',
        title: words.state,
        width: '7.5rem',
        from: 900,
        cell: (letter) => <Fate letter={letter} />,
      },
      {
        key: 'received',
        title: words.received,
        width: '7rem',
        align: 'end',
        cell: ({ received_at }) => <When at={received_at} inRow />,
      },
    ],
    [words],
  );
}

function Source({ source }: { readonly source: string }) {
  const { letters: words } = useWords(systemWords);
  return source === 'unknown' ? <span className="faint">{words.unknown_source}</span> : <span>{source}</span>;
}

function Fate({ letter }: { readonly letter: DeadLetter }) {
  const { letters: words } = useWords(systemWords);
  return letter.replayed_at === null ? (
    <Badge>{words.waits}</Badge>
  ) : (
    <Badge tone="good" icon="check">
      {words.replayed}
    </Badge>
  );
}
