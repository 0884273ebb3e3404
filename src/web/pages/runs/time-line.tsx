import { useMemo, useState } from 'react';
import type { RunAnswer } from '../../../domain/api/run.js';
import { useMedia } from '../../kit/media.js';
import { useNow } from '../../kit/now.js';
import { StateSign, useSignText } from '../../kit/sign.js';
import { useSaidText } from '../../kit/said.js';
import { spanText } from '../../kit/time.js';
import type { CommonWords } from '../../words/common.js';
import { useWords } from '../../words/language.js';
import { runsWords } from '../../words/runs.js';
import { isFinal } from './run-live.js';
import { ticksWithin, timeRows } from './time-rows.js';
import type { Bar, TimeRow, TimeRows } from './time-rows.js';
import { signValue, triesOf, waitOf } from './waits.js';
import './time-line.css';

interface TimeLineProps {
  readonly run: RunAnswer;
  readonly openStep: string;
  readonly onOpen: (step_id: string) => void;
}

const FIRST_ROWS = 250;
const STANDS_STILL_MS = 3_600_000;

/** The attempts of each step over time, with the waits between them. */
export function TimeLine({ run, openStep, onOpen }: TimeLineProps) {
  const { time } = useWords(runsWords);
  const now = useNow(isFinal(run.state) ? STANDS_STILL_MS : 1_000);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const [isWhole, setWhole] = useState(false);
  const lines = useMemo(() => timeRows(run, now, open), [run, now, open]);
  const shown = isWhole ? lines.rows : lines.rows.slice(0, FIRST_ROWS);
  function toggle(step_id: string): void {
    setOpen((before) => {
      const next = new Set(before);
      if (!next.delete(step_id)) next.add(step_id);
      return next;
    });
  }
  return (
    <section className="time-line" aria-labelledby="run-time-line">
      <header className="time-head">
        <h2 id="run-time-line">{time.title}</h2>
        <Legend />
      </header>
      {lines.rows.length === 0 ? (
        <p className="quiet">{time.empty}</p>
      ) : (
        <div className="time-frame">
          <Scale lines={lines} />
          <ul>
            {shown.map((row) => (
              <Row
                key={row.step.step_id}
                row={row}
                isCurrent={row.step.step_id === openStep}
                isOpen={open.has(row.step.step_id)}
                onOpen={onOpen}
                onToggle={toggle}
              />
            ))}
          </ul>
          {shown.length < lines.rows.length && (
            <button type="button" className="time-more" onClick={() => setWhole(true)}>
              {time.show(lines.rows.length)}
            </button>
          )}
        </div>
      )}
    </section>
  );
}

function Legend() {
  const { legend } = useWords(runsWords).time;
  return (
    <ul className="time-legend" aria-hidden="true">
      <li>
        <span className="time-bar attempt calm" /> {legend.work}
      </li>
      <li>
        <span className="time-bar wait" /> {legend.wait}
      </li>
      <li>
        <span className="time-bar person" /> {legend.person}
      </li>
    </ul>
  );
}

function Scale({ lines }: { readonly lines: TimeRows }) {
  const { time } = useWords();
  const isNarrow = useMedia('(max-width: 720px)');
  return (
    <div className="time-scale" aria-hidden="true">
      <div className="time-track">
        {ticksWithin(lines.ticks, isNarrow).map(({ at, ms }) => (
          <span key={ms} className="time-tick number" style={{ left: percent(at) }}>
            {ms === 0 ? '0' : spanText(ms, time)}
          </span>
        ))}
      </div>
    </div>
  );
}

interface RowProps {
  readonly row: TimeRow;
  readonly isCurrent: boolean;
  readonly isOpen: boolean;
  readonly onOpen: (step_id: string) => void;
  readonly onToggle: (step_id: string) => void;
}

function Row({ row, isCurrent, isOpen, onOpen, onToggle }: RowProps) {
  const words = useWords();
  const { time } = useWords(runsWords);
  const signText = useSignText();
  const { step, bars, items } = row;
  const name = useSaidText()(step.name);
  const label = time.row(
    name + (step.item_index === null ? '' : ` [${step.item_index}]`),
    signText('state', step.state),
    took(step, words.time),
    triesOf(step),
  );
  return (
    <li className={isCurrent ? 'time-row current' : 'time-row'}>
      <button type="button" className="time-open" aria-label={label} title={label} onClick={() => onOpen(step.step_id)}>
        <span className={step.item_index === null ? 'time-name' : 'time-name item'}>
          <StateSign value={signValue(step.state, waitOf(step))} as="icon" />
          <span className="truncate" dir="auto">
            {step.item_index === null ? name : `[${step.item_index}]`}
          </span>
        </span>
        <span className="time-track">
          {bars.map((bar, index) => (
            <BarView key={index} bar={bar} />
          ))}
        </span>
      </button>
      {items > 0 && (
        <button type="button" className="time-items" aria-expanded={isOpen} onClick={() => onToggle(step.step_id)}>
          {isOpen ? '−' : '+'} {time.items(items)}
        </button>
      )}
    </li>
  );
}

function took({ started_at, finished_at }: TimeRow['step'], words: CommonWords['time']): string {
  if (started_at === null || finished_at === null) return '–';
  return spanText(Date.parse(finished_at) - Date.parse(started_at), words);
}

const TONES: Readonly<Record<string, string>> = {
  succeeded: 'good',
  failed: 'bad',
  lost: 'bad',
  in_doubt: 'warn',
  running: 'busy',
  asked: 'calm',
  cancelled: 'calm',
  waiting: 'calm',
};

function BarView({ bar }: { readonly bar: Bar }) {
  const { time } = useWords(runsWords);
  const signText = useSignText();
  const { from, to, what, state, attempt } = bar;
  const waits: Readonly<Record<string, string>> = time.wait;
  const title = attempt === null ? waits[state] : time.attempt(attempt, signText('state', state));
  return (
    <span
      className={`time-bar ${what} ${what === 'attempt' ? (TONES[state] ?? 'calm') : ''}`}
      style={{ left: percent(from), width: percent(to - from) }}
      title={title}
    />
  );
}

function percent(share: number): string {
  return `${(share * 100).toFixed(3)}%`;
}
