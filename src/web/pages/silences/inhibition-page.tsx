import type { InhibitRuleAnswer } from '../../../domain/api/suppression.js';
import { path } from '../../api/client.js';
import { useGet } from '../../api/queries.js';
import { LinkButton } from '../../kit/button.js';
import { Id } from '../../kit/copy.js';
import { KeyValue } from '../../kit/key-value.js';
import { PageHeader } from '../../kit/page-header.js';
import { StateSign } from '../../kit/sign.js';
import { ErrorState, Loading } from '../../kit/states.js';
import { When } from '../../kit/when.js';
import { silencesWords } from '../../words/silences.js';
import { useWords } from '../../words/language.js';
import { MatcherChips } from './matchers-text.js';
import { Preview, usePreview } from './preview.js';

/** One inhibition rule: what fires on each of its sides now. */
export function InhibitionPage({ ruleId }: { readonly ruleId: string }) {
  const w = useWords(silencesWords);
  const { data, error, refetch } = useGet<InhibitRuleAnswer>(path`/api/v1/inhibit_rules/${ruleId}`, { live: true });
  const back = { href: '/silences?tab=inhibition', label: w.tabs.inhibition };
  if (data === undefined)
    return (
      <>
        <PageHeader title={w.one.inhibition} back={back} />
        {error === null ? <Loading rows={6} /> : <ErrorState error={error} onRetry={() => void refetch()} />}
      </>
    );
  return (
    <>
      <PageHeader title={data.inhibit_rule_id} back={back} meta={<StateSign value={data.state} />} />
      <div className="stack">
        <div className="silence-columns">
          <Side title={w.inhibit.source} what={w.inhibit.firing} matchers={data.source_matchers} />
          <Side title={w.inhibit.target} what={w.inhibit.targets} matchers={data.target_matchers} />
        </div>
        <section className="panel stack">
          <div className="row spread">
            <h2>{w.one.facts}</h2>
            <LinkButton
              size="s"
              icon="alert"
              href={`/alerts?${new URLSearchParams({ by: `inhibit_rule:${data.inhibit_rule_id}` }).toString()}`}
            >
              {w.one.held_go}
            </LinkButton>
          </div>
          <Facts rule={data} />
        </section>
      </div>
    </>
  );
}

interface SideProps {
  readonly title: string;
  readonly what: string;
  readonly matchers: readonly string[];
}

function Side({ title, what, matchers }: SideProps) {
  const preview = usePreview(matchers);
  return (
    <section className="panel stack">
      <h2>{title}</h2>
      <MatcherChips matchers={matchers} />
      <Preview title={what} preview={preview} matchers={matchers} unmatched="" />
    </section>
  );
}

function Facts({ rule }: { readonly rule: InhibitRuleAnswer }) {
  const w = useWords(silencesWords);
  return (
    <>
      <KeyValue
        facts={[
          {
            label: w.inhibit.equal,
            value: rule.equal.length === 0 ? w.inhibit.equal_none : <code>{rule.equal.join(', ')}</code>,
          },
          { label: w.one.comment, value: <span className="silence-comment">{rule.comment || w.one.no_comment}</span> },
          { label: w.one.by, value: rule.created_by },
          { label: w.one.made, value: rule.created_at && <When at={rule.created_at} as="both" /> },
          { label: w.inhibit.expires, value: rule.expires_at && <When at={rule.expires_at} as="both" /> },
          ...(rule.ended_by === null ? [] : [{ label: w.one.ended_by, value: rule.ended_by }]),
          { label: w.one.origin, value: w.origins[rule.origin] },
          { label: w.one.id, value: <Id id={rule.inhibit_rule_id} what={w.one.id} /> },
        ]}
      />
      {rule.origin === 'file' && <p className="quiet">{w.one.file_hint}</p>}
    </>
  );
}
