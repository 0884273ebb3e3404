import type { AlertAnswer } from '../../../domain/api/alert.js';
import { path } from '../../api/client.js';
import { LinkButton } from '../../kit/button.js';
import { Icon } from '../../kit/icon.js';
import { Link } from '../../kit/link.js';
import { Said } from '../../kit/said.js';
import { signOf } from '../../kit/sign.js';
import { Countdown, When } from '../../kit/when.js';
import { useNow } from '../../kit/now.js';
import { alertsWords } from '../../words/alerts.js';
import { useWords } from '../../words/language.js';
import { decidedBy, runsOf } from './decision-by.js';
import { Fold } from './fold.js';

type Decision = NonNullable<AlertAnswer['decision']>;

const MOST_RUNS = 8;
const MOST_HISTORY = 50;

/** What became of an alert, in a sentence that leads on: the most important thing of its page. */
export function DecisionPanel({ alert }: { readonly alert: AlertAnswer }) {
  const w = useWords(alertsWords).decision;
  const { decision, decisions } = alert;
  const earlier = decisions.filter(({ decided_at }) => decided_at !== decision?.decided_at).slice(-MOST_HISTORY);
  const { tone, icon } = signOf('action', decision?.action ?? 'undecided');
  const [first] = decision === null ? [] : runsOf(decision);
  return (
    <section className={`panel alert-decision ${tone}`} aria-label={w.title}>
      <span className="alert-decision-sign">
        <Icon name={icon} size={20} />
      </span>
      <div className="stack-tight">
        <p className="alert-decision-said" role="status">
          {useSentence()(decision)}
        </p>
        {decision === null ? <p className="quiet">{w.undecided_hint}</p> : <Told decision={decision} alert={alert} />}
        {earlier.length > 0 && <Fold summary={w.history(earlier.length)}>{() => <History decisions={earlier} />}</Fold>}
      </div>
      {first !== undefined && (
        <div className="alert-decision-go">
          <LinkButton href={path`/runs/${first}`} icon="run">
            {w.run_label}
          </LinkButton>
        </div>
      )}
    </section>
  );
}

/** What a decision says, in the reader's language. */
function useSentence(): (decision: Decision | null) => string {
  const w = useWords(alertsWords).decision;
  return (decision) => {
    if (decision === null) return w.undecided;
    const { action, reason } = decision;
    if (action === 'run') return runsOf(decision).length > 1 ? w.runs(runsOf(decision).length) : w.run;
    if (action === 'join') return w.join;
    const table: Readonly<Record<string, string>> = action === 'hold' ? w.hold : w.drop;
    return table[reason ?? ''] ?? w.other(reason ?? action);
  };
}

function Told({ decision, alert }: { readonly decision: Decision; readonly alert: AlertAnswer }) {
  const w = useWords(alertsWords).decision;
  const words = useWords();
  const { rule_id, playbook_id } = decision;
  const by = decidedBy(decision.by);
  const kinds: Readonly<Record<string, string>> = w.by_kind;
  const runs = runsOf(decision);
  return (
    <>
      <p className="quiet alert-decision-why" dir="auto">
        <Said text={decision.explanation} most={2_000} />
      </p>
      <ul className="alert-decision-facts">
        {rule_id !== null && (
          <Part label={w.rule} href={path`/rules/${rule_id}`}>
            {rule_id}
          </Part>
        )}
        {playbook_id !== null && (
          <Part label={w.playbook} href={path`/playbooks/${playbook_id}`}>
            {playbook_id}
          </Part>
        )}
        {by !== null && !(by.kind === 'rule' && by.id === rule_id) && (
          <Part label={kinds[by.kind] ?? w.by} href={by.href}>
            {by.kind in kinds ? by.id : `${decision.by}`}
          </Part>
        )}
        {runs.slice(0, MOST_RUNS).map((run_id) => (
          <Part key={run_id} label={w.run_label} href={path`/runs/${run_id}`}>
            {run_id}
          </Part>
        ))}
        {alert.incident_id != null && (
          <Part label={words.type.incident} href={path`/incidents/${alert.incident_id}`}>
            {alert.incident_id}
          </Part>
        )}
        <li>
          <span className="faint">{w.decided}</span> <When at={decision.decided_at} />
        </li>
      </ul>
      {decision.action === 'hold' && <Until until={decision.until} />}
    </>
  );
}

function Part(props: { readonly label: string; readonly href: string | null; readonly children: string }) {
  const text = props.children.length > 80 ? `${props.children.slice(0, 80)}…` : props.children;
  return (
    <li>
      <span className="faint">{props.label}</span>{' '}
      {props.href === null ? <bdi>{text}</bdi> : <Link href={props.href}>{text}</Link>}
    </li>
  );
}

function Until({ until }: { readonly until: string | null }) {
  const w = useWords(alertsWords).decision;
  const now = useNow(1_000);
  if (until === null || Date.parse(until) < now) return <p className="quiet">{w.open_end}</p>;
  return (
    <p>
      {w.until} <When at={until} as="clock" /> · <Countdown until={until} />{' '}
      <span className="quiet">{w.until_hint}</span>
    </p>
  );
}

function History({ decisions }: { readonly decisions: readonly Decision[] }) {
  const sentence = useSentence();
  return (
    <ol className="alert-history">
      {decisions.toReversed().map((decision) => (
        <li key={decision.decided_at}>
          <When at={decision.decided_at} as="clock" />
          <span>
            {sentence(decision)}
            <span className="quiet alert-history-why" dir="auto">
              <Said text={decision.explanation} most={1_000} />
            </span>
          </span>
        </li>
      ))}
    </ol>
  );
}
