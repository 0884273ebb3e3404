import { useState } from 'react';
import type { FormEvent } from 'react';
import type { WindowAnswer } from '../../../domain/api/suppression.js';
import { useSend } from '../../api/queries.js';
import { Button } from '../../kit/button.js';
import { Dialog } from '../../kit/dialog.js';
import { Checkbox, Field, Select, TextArea } from '../../kit/field.js';
import { MatcherInput } from '../../kit/matcher-input.js';
import { ErrorNote } from '../../kit/states.js';
import { useToast } from '../../kit/toast.js';
import { silencesWords } from '../../words/silences.js';
import { useWords } from '../../words/language.js';
import { useFirstFocus } from './first-focus.js';
import { ownZone, toLocalField } from './local-time.js';
import { fieldProblems, matcherProblems, restOf } from './matcher-problems.js';
import { Preview, usePreview } from './preview.js';
import { SpansPreview, spanProblems, useSpans } from './window-spans.js';
import { windowBodyOf, windowProblemsOf } from './window-draft.js';
import type { WindowFields } from './window-draft.js';
import { CronTimes, OnceTimes, TIME_FIELDS } from './window-times.js';
import './silences.css';

interface WindowDialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly onDone?: (window: WindowAnswer) => void;
}

/** Makes a maintenance window, once or by cron; shows what fires now that it would concern. */
export function WindowDialog(props: WindowDialogProps) {
  const w = useWords(silencesWords).window;
  return (
    <Dialog open={props.open} onClose={props.onClose} title={w.title} as="drawer">
      <WindowForm {...props} />
    </Dialog>
  );
}

function WindowForm({ onClose, onDone }: WindowDialogProps) {
  const w = useWords(silencesWords);
  const words = useWords();
  const toast = useToast();
  const [fields, setFields] = useState(() => windowStart(Date.now()));
  const [tried, setTried] = useState(false);
  const form = useFirstFocus('input');
  const preview = usePreview(fields.matchers, true);
  const spans = useSpans(fields);
  const send = useSend<WindowAnswer>('POST', {
    invalidate: ['/api/v1/maintenance_windows', '/api/v1/alerts'],
    onDone: (window) => {
      toast(w.window.created);
      onClose();
      onDone?.(window);
    },
  });
  const problems = tried ? windowProblemsOf(fields, Date.now()) : {};
  const change = (part: Partial<WindowFields>): void => setFields((known) => ({ ...known, ...part }));
  function submit(event: FormEvent): void {
    event.preventDefault();
    setTried(true);
    if (Object.keys(windowProblemsOf(fields, Date.now())).length > 0) return;
    send.mutate({ path: '/api/v1/maintenance_windows', body: windowBodyOf(fields) });
  }
  const told = { ...spanProblems(spans), ...fieldProblems(send.error) };
  const everything = fields.hold ? w.preview.everything : w.preview.freezes_everything;
  return (
    <form ref={form} className="stack" onSubmit={submit} noValidate>
      <div className="stack-tight">
        <MatcherInput
          label={w.matchers.label}
          value={fields.matchers}
          onChange={(matchers) => change({ matchers })}
          problems={{ ...matcherProblems(preview.error), ...matcherProblems(send.error) }}
          most={50}
        />
        <p className="field-hint">
          {w.matchers.none_is_all} {w.matchers.hint}
        </p>
      </div>
      <Preview title={w.preview.now_title} preview={preview} matchers={fields.matchers} unmatched={everything} isAll />
      <Field label={w.window.kind}>
        {(field) => (
          <Select
            {...field}
            value={fields.kind}
            options={[
              { value: 'once', label: w.window.once },
              { value: 'cron', label: w.window.cron },
            ]}
            onChange={(kind) => change({ kind })}
          />
        )}
      </Field>
      {fields.kind === 'once' ? (
        <OnceTimes fields={fields} onChange={change} problems={problems} told={told} />
      ) : (
        <CronTimes fields={fields} onChange={change} problems={problems} told={told} />
      )}
      <SpansPreview spans={spans} kind={fields.kind} />
      <Effect fields={fields} onChange={change} isWrong={problems.effect !== undefined} />
      <Field
        label={w.form.comment}
        hint={w.form.comment_hint}
        error={problems.comment === undefined ? null : w.form.comment_missing}
      >
        {(field) => (
          <TextArea
            {...field}
            rows={2}
            maxLength={5_000}
            value={fields.comment}
            onChange={(comment) => change({ comment })}
          />
        )}
      </Field>
      <ErrorNote error={restOf(send.error, TIME_FIELDS[fields.kind])} />
      <div className="dialog-foot">
        <Button onClick={onClose}>{words.do.cancel}</Button>
        <Button type="submit" tone="primary" icon="clock" busy={send.isPending}>
          {w.window.create}
        </Button>
      </div>
    </form>
  );
}

interface EffectProps {
  readonly fields: WindowFields;
  readonly onChange: (part: Partial<WindowFields>) => void;
  readonly isWrong: boolean;
}

function Effect({ fields, onChange, isWrong }: EffectProps) {
  const w = useWords(silencesWords).window;
  return (
    <fieldset className="silence-effect">
      <legend>{w.effect}</legend>
      <Checkbox label={w.hold} checked={fields.hold} onChange={(hold) => onChange({ hold })} />
      <Checkbox label={w.freeze} checked={fields.freeze} onChange={(freeze) => onChange({ freeze })} />
      {isWrong && (
        <p className="field-error" role="alert">
          {w.nothing}
        </p>
      )}
    </fieldset>
  );
}

const H = 3_600_000;

function windowStart(now: number): WindowFields {
  return {
    ...{ matchers: [], kind: 'once', starts: toLocalField(now), ends: toLocalField(now + 2 * H) },
    ...{ cron: '0 22 * * 5', duration: '4h', timezone: ownZone(), expires: '' },
    ...{ hold: true, freeze: false, comment: '' },
  };
}
