import { useState } from 'react';
import type { FormEvent } from 'react';
import type { SilenceAnswer } from '../../../domain/api/suppression.js';
import { useSend } from '../../api/queries.js';
import { Button } from '../../kit/button.js';
import { Dialog } from '../../kit/dialog.js';
import { Field, Select, TextArea, TextInput } from '../../kit/field.js';
import { MatcherInput } from '../../kit/matcher-input.js';
import { ErrorNote } from '../../kit/states.js';
import { useToast } from '../../kit/toast.js';
import { silencesWords } from '../../words/silences.js';
import { useWords } from '../../words/language.js';
import { useFirstFocus } from './first-focus.js';
import { ownZone } from './local-time.js';
import { fieldProblems, matcherProblems, restOf } from './matcher-problems.js';
import { Preview, usePreview } from './preview.js';
import { bodyOf, problemsOf, SPANS, startOf } from './silence-draft.js';
import type { SilenceFields, SilenceStart } from './silence-draft.js';
import './silences.css';

interface SilenceDialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly draft?: SilenceStart;
  readonly onDone?: (silence: SilenceAnswer) => void;
}

/** Makes a silence, from nothing, from an alert, or in the place of another; shows what it would hold back before it is made. */
export function SilenceDialog(props: SilenceDialogProps) {
  const w = useWords(silencesWords).form;
  const { draft = {} } = props;
  const title =
    draft.replaces !== undefined
      ? w.change_title
      : draft.again === true
        ? w.again_title
        : (draft.matchers?.length ?? 0) > 0
          ? w.from_alert
          : w.new_title;
  return (
    <Dialog open={props.open} onClose={props.onClose} title={title} as="drawer">
      <SilenceForm {...props} draft={draft} />
    </Dialog>
  );
}

function SilenceForm({ onClose, draft, onDone }: SilenceDialogProps & { readonly draft: SilenceStart }) {
  const w = useWords(silencesWords);
  const words = useWords();
  const toast = useToast();
  const [fields, setFields] = useState(() => startOf(draft, Date.now()));
  const [tried, setTried] = useState(false);
  const form = useFirstFocus(fields.matchers.length === 0 ? 'input' : 'textarea');
  const preview = usePreview(fields.matchers);
  const replaces = draft.replaces?.silence_id ?? null;
  const send = useSend<SilenceAnswer>('POST', {
    invalidate: ['/api/v1/silences', '/api/v1/alerts'],
    onDone: (silence) => {
      toast(replaces === null ? w.form.created : w.form.changed);
      onClose();
      onDone?.(silence);
    },
  });
  const problems = tried ? problemsOf(fields, Date.now()) : {};
  const change = (part: Partial<SilenceFields>): void => setFields((known) => ({ ...known, ...part }));
  function submit(event: FormEvent): void {
    event.preventDefault();
    setTried(true);
    if (Object.keys(problemsOf(fields, Date.now())).length > 0) return;
    send.mutate({ path: '/api/v1/silences', body: bodyOf(fields, replaces) });
  }
  return (
    <form ref={form} className="stack" onSubmit={submit} noValidate>
      {replaces !== null && <p className="quiet">{w.form.change_hint}</p>}
      <div className="stack-tight">
        <MatcherInput
          label={w.matchers.label}
          value={fields.matchers}
          onChange={(matchers) => change({ matchers })}
          problems={{ ...matcherProblems(preview.error), ...matcherProblems(send.error) }}
          missing={problems.matchers === undefined ? null : w.matchers.missing}
          most={50}
        />
        {problems.matchers === undefined && <p className="field-hint">{w.matchers.hint}</p>}
      </div>
      <Preview title={w.preview.title} preview={preview} matchers={fields.matchers} unmatched={w.preview.add} />
      <Times fields={fields} onChange={change} problems={problems} told={fieldProblems(send.error)} />
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
      <ErrorNote error={restOf(send.error, shownFields(fields))} />
      <div className="dialog-foot">
        <Button onClick={onClose}>{words.do.cancel}</Button>
        <Button type="submit" tone="primary" icon="silence" busy={send.isPending}>
          {replaces === null ? w.form.create : w.form.change}
        </Button>
      </div>
    </form>
  );
}

/** The fields of the body that stand in the form and show themselves what is wrong with them. */
function shownFields({ isLater, span }: SilenceFields): readonly string[] {
  return [...(isLater ? ['starts_at'] : []), ...(span === 'until' ? ['ends_at'] : [])];
}

interface TimesProps {
  readonly fields: SilenceFields;
  readonly onChange: (part: Partial<SilenceFields>) => void;
  readonly problems: ReturnType<typeof problemsOf>;
  readonly told: Readonly<Record<string, string>>;
}

function Times({ fields, onChange, problems, told }: TimesProps) {
  const w = useWords(silencesWords).form;
  return (
    <>
      <div className="silence-times">
        <Field label={w.begins}>
          {(field) => (
            <Select
              {...field}
              value={fields.isLater ? 'later' : 'now'}
              options={[
                { value: 'now', label: w.at_once },
                { value: 'later', label: w.later },
              ]}
              onChange={(value) => onChange({ isLater: value === 'later' })}
            />
          )}
        </Field>
        <Field label={w.how_long}>
          {(field) => (
            <Select
              {...field}
              value={fields.span}
              options={[
                ...SPANS.map((value) => ({ value, label: w.spans[value] })),
                { value: 'until', label: w.until },
              ]}
              onChange={(span) => onChange({ span })}
            />
          )}
        </Field>
        {fields.isLater && (
          <Field
            label={w.begins_label}
            hint={w.zone(ownZone())}
            error={problems.starts === undefined ? (told['starts_at'] ?? null) : w[problems.starts]}
          >
            {(field) => (
              <TextInput
                {...field}
                type="datetime-local"
                value={fields.starts}
                onChange={(starts) => onChange({ starts })}
              />
            )}
          </Field>
        )}
        {fields.span === 'until' && (
          <Field
            label={w.until_label}
            hint={w.zone(ownZone())}
            error={problems.ends === undefined ? (told['ends_at'] ?? null) : w[problems.ends]}
          >
            {(field) => (
              <TextInput {...field} type="datetime-local" value={fields.ends} onChange={(ends) => onChange({ ends })} />
            )}
          </Field>
        )}
      </div>
    </>
  );
}
