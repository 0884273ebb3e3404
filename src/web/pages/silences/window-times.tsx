import { useId } from 'react';
import { Field, Select, TextInput } from '../../kit/field.js';
import { silencesWords } from '../../words/silences.js';
import { useWords } from '../../words/language.js';
import { ownZone } from './local-time.js';
import type { WindowFields, WindowProblems } from './window-draft.js';

/** The fields of the body that show themselves what the service says of them. */
export const TIME_FIELDS = {
  once: ['starts_at', 'ends_at'],
  cron: ['cron', 'duration', 'timezone', 'expires_at'],
} as const;

interface TimesProps {
  readonly fields: WindowFields;
  readonly onChange: (part: Partial<WindowFields>) => void;
  readonly problems: WindowProblems;
  /** What the service says of the fields, by their names in the body. */
  readonly told: Readonly<Record<string, string>>;
}

/** From when to when, in the reader's time zone. */
export function OnceTimes({ fields, onChange, problems, told }: TimesProps) {
  const { window: w, form } = useWords(silencesWords);
  return (
    <div className="silence-times">
      <Field
        label={w.starts}
        hint={form.zone(ownZone())}
        error={problems.starts === undefined ? (told['starts_at'] ?? null) : form[problems.starts]}
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
      <Field label={w.ends} error={problems.ends === undefined ? (told['ends_at'] ?? null) : form[problems.ends]}>
        {(field) => (
          <TextInput {...field} type="datetime-local" value={fields.ends} onChange={(ends) => onChange({ ends })} />
        )}
      </Field>
    </div>
  );
}

const PRESETS = ['0 22 * * *', '0 22 * * 5', '0 2 * * 0', '0 3 1 * *'] as const;

/** When it begins again and again, for how long, and by which clocks. */
export function CronTimes({ fields, onChange, problems, told }: TimesProps) {
  const { window: w, form } = useWords(silencesWords);
  const zones = useId();
  const preset = PRESETS.find((cron) => cron === fields.cron.trim());
  return (
    <div className="silence-times">
      <Field label={w.preset}>
        {(field) => (
          <Select
            {...field}
            value={preset ?? 'own'}
            options={[
              ...PRESETS.map((value) => ({ value, label: w.presets[value] })),
              { value: 'own' as const, label: w.own },
            ]}
            onChange={(cron) => {
              if (cron !== 'own') onChange({ cron });
            }}
          />
        )}
      </Field>
      <Field
        label={w.cron_label}
        hint={w.cron_hint}
        error={problems.cron === undefined ? (told['cron'] ?? null) : w.cron_missing}
      >
        {(field) => (
          <TextInput {...field} dir="ltr" maxLength={200} value={fields.cron} onChange={(cron) => onChange({ cron })} />
        )}
      </Field>
      <Field
        label={w.duration}
        hint={w.duration_hint}
        error={problems.duration === undefined ? (told['duration'] ?? null) : w.duration_bad}
      >
        {(field) => (
          <TextInput
            {...field}
            dir="ltr"
            maxLength={20}
            value={fields.duration}
            onChange={(duration) => onChange({ duration })}
          />
        )}
      </Field>
      <Field
        label={w.timezone}
        hint={w.timezone_hint}
        error={problems.timezone === undefined ? (told['timezone'] ?? null) : w.timezone_bad}
      >
        {(field) => (
          <>
            <TextInput
              {...field}
              dir="ltr"
              list={zones}
              maxLength={100}
              value={fields.timezone}
              onChange={(timezone) => onChange({ timezone })}
            />
            <datalist id={zones}>
              {Intl.supportedValuesOf('timeZone').map((zone) => (
                <option key={zone} value={zone} />
              ))}
            </datalist>
          </>
        )}
      </Field>
      <Field
        label={w.expires}
        hint={`${w.expires_hint} ${form.zone(ownZone())}`}
        error={problems.expires === undefined ? (told['expires_at'] ?? null) : form.time_past}
      >
        {(field) => (
          <TextInput
            {...field}
            type="datetime-local"
            value={fields.expires}
            onChange={(expires) => onChange({ expires })}
          />
        )}
      </Field>
    </div>
  );
}
