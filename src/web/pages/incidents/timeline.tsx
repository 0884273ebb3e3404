import { useId, useMemo, useState } from 'react';
import type { IncidentDetail, IncidentEntryType } from '../../../domain/incident/incident.js';
import { Button } from '../../kit/button.js';
import { Field, Select } from '../../kit/field.js';
import { Icon } from '../../kit/icon.js';
import type { IconName } from '../../kit/icon.js';
import { oneOf } from '../../kit/url-params.js';
import { useUrlState } from '../../kit/url-state.js';
import { When } from '../../kit/when.js';
import { incidentsWords } from '../../words/incidents.js';
import { useWords } from '../../words/language.js';
import { KINDS, isByPerson, linesOf } from './lines.js';
import type { Line } from './lines.js';
import { Message } from './message.js';
import { NoteForm } from './note-form.js';

const PARAMS = { show: oneOf(KINDS) };
const PAGE = 100;

const SIGNS: Readonly<Record<IncidentEntryType, readonly [icon: IconName, tone: string]>> = {
  opened: ['bang', 'bad'],
  alert_joined: ['alert', 'warn'],
  alert_resolved: ['check', 'good'],
  run_started: ['run', 'busy'],
  run_ended: ['run', 'calm'],
  merged: ['link', 'info'],
  acknowledged: ['hand', 'info'],
  assigned: ['user', 'info'],
  note: ['edit', 'info'],
  priority_changed: ['up', 'warn'],
  clock_warning: ['clock', 'warn'],
  clock_breached: ['clock', 'bad'],
  resolved: ['check', 'good'],
  reopened: ['retry', 'bad'],
  omitted: ['more', 'calm'],
};

/** All that has happened, the newest first, and a place to write what one saw. */
export function Timeline({ incident }: { readonly incident: IncidentDetail }) {
  const { timeline: words } = useWords(incidentsWords);
  const id = useId();
  const [{ show }, setShow] = useUrlState(PARAMS);
  const [shown, setShown] = useState(PAGE);
  const lines = useMemo(() => linesOf(incident.timeline, show), [incident.timeline, show]);
  const options = [
    { value: '' as const, label: words.everything },
    ...KINDS.map((value) => ({ value, label: words[value] })),
  ];
  return (
    <section className="panel flush incident-timeline" aria-labelledby={id}>
      <div className="incident-part-head">
        <h2 id={id}>
          {words.title} <span className="faint incident-order">{words.newest}</span>
        </h2>
        <div className="incident-show">
          <Field label={words.show} hideLabel>
            {(field) => (
              <Select {...field} value={show} options={options} onChange={(value) => setShow({ show: value })} />
            )}
          </Field>
        </div>
      </div>
      <NoteForm incident={incident} />
      {lines.length === 0 && <p className="incident-item quiet">{words.none}</p>}
      <ol>
        {lines.slice(0, shown).map((line) => (
          <TimelineLine key={line.id} line={line} incident={incident} />
        ))}
      </ol>
      {lines.length > shown && (
        <div className="incident-part-foot">
          <Button tone="quiet" size="s" onClick={() => setShown(shown + 2 * PAGE)}>
            {words.more(Math.min(lines.length - shown, 2 * PAGE))}
          </Button>
        </div>
      )}
    </section>
  );
}

function TimelineLine({ line, incident }: { readonly line: Line; readonly incident: IncidentDetail }) {
  const { timeline: words } = useWords(incidentsWords);
  const { entry } = line;
  const [icon, tone] = SIGNS[entry.type] ?? ['dot', 'calm'];
  return (
    <li className="incident-line">
      <span className={`incident-line-sign sign ${tone}`}>
        <Icon name={icon} />
      </span>
      <div className="incident-line-words">
        <p className="incident-line-head">
          <strong>{line.folded === null ? words.type[entry.type] : words.many[line.type](line.folded.length)}</strong>
          {isByPerson(entry) && (
            <span className="incident-who" dir="auto">
              {entry.who}
            </span>
          )}
          <span className="incident-line-at quiet">
            <When at={entry.at} as="both" />
          </span>
        </p>
        {line.folded === null ? (
          <Message entry={entry} incident={incident} />
        ) : (
          <details className="incident-folded">
            <summary>{words.show_lines}</summary>
            <ol>
              {line.folded.map((one, index) => (
                <li key={index} className="row">
                  <span className="quiet">
                    <When at={one.at} as="clock" />
                  </span>
                  <Message entry={one} incident={incident} />
                </li>
              ))}
            </ol>
          </details>
        )}
      </div>
    </li>
  );
}
