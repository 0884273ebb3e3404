import type { PlaybookAnswer } from '../../../domain/api/playbook.js';
import { path } from '../../api/client.js';
import { LinkButton } from '../../kit/button.js';
import { Link } from '../../kit/link.js';
import { Badge } from '../../kit/sign.js';
import { Empty, ErrorState, Loading } from '../../kit/states.js';
import { When } from '../../kit/when.js';
import { rulesWords } from '../../words/rules.js';
import { useWords } from '../../words/language.js';
import { playbooksWords } from '../../words/playbooks.js';
import { conditionsInWords } from '../rules/rule-texts.js';
import { useRules } from '../rules/use-rules.js';

/** The rules that start one playbook, with how often each did. */
export function Triggers({ playbook }: { readonly playbook: PlaybookAnswer }) {
  const { triggers: words } = useWords(playbooksWords);
  const rulesIn = useWords(rulesWords);
  const { data, error, refetch } = useRules({ playbook_id: playbook.playbook_id });
  if (error !== null && data === undefined) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <Loading rows={3} />;
  if (data.items.length === 0)
    return (
      <Empty title={words.none} icon="rule" actions={<LinkButton href="/rules">{words.all}</LinkButton>}>
        <p>{words.none_hint}</p>
      </Empty>
    );
  return (
    <>
    <ul className="playbook-triggers" aria-label={words.rules}>
      {data.items.map((rule) => (
        <li key={rule.rule_id} className="panel">
          <div className="row spread">
            <span className="row">
              <Link href={path`/rules/${rule.rule_id}`}>
                <strong dir="auto">{rule.rule_id}</strong>
              </Link>
              {rule.enabled === false && <Badge>{rulesIn.list.off}</Badge>}
            </span>
            <span className="quiet row">
              <span className="number">{rulesIn.list.times(rule.matched)}</span>
              {rule.last_matched_at !== null && <When at={rule.last_matched_at} />}
            </span>
          </div>
          {rule.description !== undefined && (
            <p className="quiet" dir="auto">
              {rule.description}
            </p>
          )}
          <ul className="rule-conditions">
            {conditionsInWords(rule, rulesIn).map((text) => (
              <li key={text} dir="auto">
                {text}
              </li>
            ))}
          </ul>
        </li>
      ))}
    </ul>
    {data.next_cursor !== null && (
      <p>
        <Link href={`/rules?${new URLSearchParams({ find: playbook.playbook_id }).toString()}`}>{words.all}</Link>
      </p>
    )}
    </>
  );
}
