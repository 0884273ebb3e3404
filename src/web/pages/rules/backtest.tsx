import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { FormEvent } from 'react';
import type { BacktestResult } from '../../../domain/api/backtest.js';
import { useApi } from '../../api/context.js';
import { useSend } from '../../api/queries.js';
import { Button } from '../../kit/button.js';
import { Field, Select, TextInput } from '../../kit/field.js';
import { SPANS } from '../../kit/filters.js';
import { ErrorNote } from '../../kit/states.js';
import { oneOf, text as textParam } from '../../kit/url-params.js';
import { useUrlState } from '../../kit/url-state.js';
import { useWords } from '../../words/language.js';
import { rulesWords } from '../../words/rules.js';
import { Editor } from '../playbooks/editor.js';
import { BacktestTables } from './backtest-tables.js';
import { readFiles, withPlaybooksInForce } from './backtest-files.js';
import type { GivenFile } from './backtest-files.js';

const SOURCES = ['now', 'rules', 'files'] as const;
const PARAMS = { since: oneOf(SPANS, '24h'), by: oneOf(SOURCES, 'now'), most: textParam('20000') };
const MOST_ALERTS = 50_000;
/** Longer than the service lets one take. */
const WITHIN_MS = 260_000;

/** What would have happened to the stored alerts by other rules and playbooks; nothing is started. */
export function Backtest() {
  const { backtest: words } = useWords(rulesWords);
  const { filter } = useWords();
  const [params, change] = useUrlState(PARAMS);
  const since = params.since === '' ? '24h' : params.since;
  const by = params.by === '' ? 'now' : params.by;
  const [rules, setRules] = useState('');
  const [files, setFiles] = useState<readonly GivenFile[]>([]);
  const [wrong, setWrong] = useState<unknown>(null);
  const api = useApi();
  const client = useQueryClient();
  const send = useSend<BacktestResult>('POST', { within_ms: WITHIN_MS });
  const most = Number(params.most);
  const isMostFine = Number.isInteger(most) && most >= 1 && most <= MOST_ALERTS;
  const [busy, setBusy] = useState(false);
  async function run(event: FormEvent): Promise<void> {
    event.preventDefault();
    const missing =
      by === 'rules' && rules.trim() === ''
        ? words.text_none
        : by === 'files' && files.length === 0
          ? words.files_none
          : null;
    if (missing !== null || !isMostFine) return setWrong(missing === null ? null : new Error(missing));
    setWrong(null);
    setBusy(true);
    try {
      const given =
        by === 'now'
          ? null
          : by === 'files'
            ? files
            : await withPlaybooksInForce(api, client, rules, words.rules_large);
      await send.mutateAsync({
        path: '/api/v1/backtest',
        body: { since, max_alerts: most, ...(given === null ? {} : { files: given }) },
      });
    } catch (error) {
      setWrong(error);
    } finally {
      setBusy(false);
    }
  }
  return (
    <div className="stack">
      <p className="quiet">{words.hint}</p>
      <form className="backtest-form" onSubmit={(event) => void run(event)} noValidate>
        <div className="backtest-head">
          <Field label={words.since}>
            {(field) => (
              <Select
                {...field}
                value={since}
                options={SPANS.map((span) => ({ value: span, label: filter.last[span] }))}
                onChange={(next) => change({ since: next })}
              />
            )}
          </Field>
          <Field label={words.by}>
            {(field) => (
              <Select
                {...field}
                value={by}
                options={[
                  { value: 'now', label: words.by_now },
                  { value: 'rules', label: words.by_rules },
                  { value: 'files', label: words.by_files },
                ]}
                onChange={(next) => change({ by: next })}
              />
            )}
          </Field>
          <Field label={words.most} hint={words.most_hint} error={isMostFine ? null : words.most_wrong}>
            {(field) => (
              <TextInput
                {...field}
                inputMode="numeric"
                value={params.most}
                onChange={(next) => change({ most: next })}
              />
            )}
          </Field>
        </div>
        {by === 'rules' && (
          <Field label={words.rules} hint={words.rules_hint}>
            {(field) => (
              <Editor
                field={field}
                value={rules}
                onChange={setRules}
                rows={14}
                placeholder={
                  'rules:\n  - rule_id: R001\n    alert_name: High_CPU_Usage\n    playbook_id: PB-CPU-Scale-Order'
                }
              />
            )}
          </Field>
        )}
        {by === 'files' && <Files files={files} onChange={setFiles} onWrong={setWrong} />}
        <ErrorNote error={wrong} />
        <div className="row">
          <Button type="submit" tone="primary" busy={busy}>
            {words.go}
          </Button>
          <span className="quiet" role="status">
            {busy ? words.going : ''}
          </span>
        </div>
      </form>
      {send.data !== undefined && !busy && wrong === null && <BacktestTables result={send.data} />}
    </div>
  );
}

interface FilesProps {
  readonly files: readonly GivenFile[];
  readonly onChange: (files: readonly GivenFile[]) => void;
  readonly onWrong: (error: unknown) => void;
}

function Files({ files, onChange, onWrong }: FilesProps) {
  const { backtest: words } = useWords(rulesWords);
  return (
    <Field label={words.files} hint={words.files_hint}>
      {(field) => (
        <>
          <input
            {...field}
            type="file"
            className="input"
            multiple
            accept=".yaml,.yml"
            onChange={(event) => {
              onWrong(null);
              readFiles(event.currentTarget.files).then(onChange, onWrong);
            }}
          />
          {files.length > 0 && (
            <details>
              <summary>{words.files_given(files.length)}</summary>
              <ul className="backtest-files">
                {files.map(({ file }) => (
                  <li key={file}>
                    <code>{file}</code>
                  </li>
                ))}
              </ul>
            </details>
          )}
        </>
      )}
    </Field>
  );
}
