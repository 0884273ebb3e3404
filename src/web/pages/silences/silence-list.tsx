import { useMemo, useState } from 'react';
import { useLocation } from 'wouter';
import type { SilenceAnswer } from '../../../domain/api/suppression.js';
import { path } from '../../api/client.js';
import { usePages } from '../../api/pages.js';
import { useMay } from '../../api/session.js';
import { Button } from '../../kit/button.js';
import { DataList } from '../../kit/data-list.js';
import type { Column } from '../../kit/data-list.js';
import { Field, Select } from '../../kit/field.js';
import { Filters, FilterSelect } from '../../kit/filters.js';
import { useKeys } from '../../kit/keys.js';
import { StateSign } from '../../kit/sign.js';
import { Empty, ErrorState } from '../../kit/states.js';
import { oneOf } from '../../kit/url-params.js';
import { useUrlState } from '../../kit/url-state.js';
import { When } from '../../kit/when.js';
import { silencesWords } from '../../words/silences.js';
import { useWords } from '../../words/language.js';
import { MatchersText } from './matchers-text.js';
import { SilenceDialog } from './silence-dialog.js';

const STATES = ['active', 'pending', 'expired'] as const;
const PARAMS = { state: oneOf(STATES), origin: oneOf(['alertmanager']) };
const NONE = { state: '', origin: '' } as const;

/** What people have silenced, the newest first; also what Alertmanager has. */
export function SilenceList() {
  const w = useWords(silencesWords);
  const words = useWords();
  const may = useMay('operate');
  const [filter, setFilter] = useUrlState(PARAMS);
  const [open, setOpen] = useState(false);
  const [, navigate] = useLocation();
  const list = usePages<SilenceAnswer>('/api/v1/silences', { query: filter, idOf });
  const columns = useColumns();
  const active = (filter.state === '' ? 0 : 1) + (filter.origin === '' ? 0 : 1);
  useKeys(may ? [{ keys: 'c', label: w.do.create, run: () => setOpen(true) }] : []);
  const create = may && (
    <Button tone="primary" icon="plus" onClick={() => setOpen(true)}>
      {w.do.create}
    </Button>
  );
  return (
    <>
      <div className="silence-bar">
        <Filters active={active} onClear={() => setFilter(NONE)}>
          <FilterSelect
            label={w.list.state}
            value={filter.state}
            options={STATES.map((value) => ({ value, label: words.state[value] }))}
            onChange={(state) => setFilter({ state })}
          />
          <Origin value={filter.origin} onChange={(origin) => setFilter({ origin })} />
        </Filters>
        {create}
      </div>
      {list.error !== null && list.items.length === 0 ? (
        <ErrorState error={list.error} onRetry={list.retry} />
      ) : (
        <DataList
          label={w.tabs.silences}
          items={list.items}
          idOf={idOf}
          hrefOf={hrefOf}
          columns={columns}
          card={card}
          isLoading={list.isLoading}
          hasMore={list.hasMore}
          isLoadingMore={list.isLoadingMore}
          onMore={list.more}
          empty={
            <Empty title={active > 0 ? words.list.no_match : w.list.none} icon="silence" actions={create}>
              {filter.origin === 'alertmanager' ? w.list.none_foreign : w.list.none_hint}
            </Empty>
          }
        />
      )}
      {may && (
        <SilenceDialog
          open={open}
          onClose={() => setOpen(false)}
          onDone={({ silence_id }) => navigate(path`/silences/${silence_id}`)}
        />
      )}
    </>
  );
}

type OriginChoice = 'alertmanager' | '';

function Origin({ value, onChange }: { value: OriginChoice; onChange: (value: OriginChoice) => void }) {
  const w = useWords(silencesWords).list;
  return (
    <Field label={w.origin}>
      {(field) => (
        <Select<OriginChoice>
          {...field}
          value={value}
          options={[
            { value: '', label: w.any_origin },
            { value: 'alertmanager', label: w.alertmanager },
          ]}
          onChange={onChange}
        />
      )}
    </Field>
  );
}

function idOf({ silence_id }: SilenceAnswer): string {
  return silence_id;
}

function hrefOf({ silence_id }: SilenceAnswer): string {
  return path`/silences/${silence_id}`;
}

function useColumns(): readonly Column<SilenceAnswer>[] {
  const w = useWords(silencesWords).list;
  return useMemo(
    () => [
      {
        key: 'matchers',
        title: w.matchers,
        width: 'minmax(12rem, 2fr)',
        cell: ({ matchers }) => <MatchersText matchers={matchers} />,
      },
      { key: 'state', title: w.state, width: '7rem', cell: ({ state }) => <StateSign value={state} as="text" /> },
      {
        key: 'comment',
        title: w.comment,
        width: 'minmax(8rem, 1.4fr)',
        cell: ({ comment }) => <bdi title={comment.slice(0, 500)}>{comment.slice(0, 300)}</bdi>,
      },
      {
        key: 'author',
        title: w.author,
        width: 'minmax(5rem, 0.6fr)',
        from: 960,
        cell: ({ created_by }) => <bdi className="quiet">{created_by}</bdi>,
      },
      { key: 'ends', title: w.ends, width: '8.5rem', align: 'end', cell: (silence) => <Ends silence={silence} /> },
    ],
    [w],
  );
}

/** The time that matters: when it begins while it is to come, else when it ends. */
function Ends({ silence: { state, starts_at, ends_at } }: { readonly silence: SilenceAnswer }) {
  const w = useWords(silencesWords).list;
  if (state !== 'pending') return <When at={ends_at} inRow />;
  return (
    <span>
      <span className="faint">{w.begins}</span> <When at={starts_at} inRow />
    </span>
  );
}

function card(silence: SilenceAnswer) {
  return (
    <div className="card">
      <div className="card-top">
        <span className="truncate">
          <MatchersText matchers={silence.matchers} />
        </span>
        <Ends silence={silence} />
      </div>
      <div className="card-bottom">
        <StateSign value={silence.state} as="text" />
        <bdi className="truncate">{silence.comment.slice(0, 200)}</bdi>
      </div>
    </div>
  );
}
