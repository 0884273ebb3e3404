import type { OverviewAnswer } from '../../../domain/api/overview.js';
import { path } from '../../api/client.js';
import { Link } from '../../kit/link.js';
import { ProgressBar } from '../../kit/progress-bar.js';
import { Badge, StateSign } from '../../kit/sign.js';
import { When } from '../../kit/when.js';
import { useWords } from '../../words/language.js';
import { nowWords } from '../../words/now.js';

type UnderWay = OverviewAnswer['runs']['items'][number];

const MOST_NOW = 2;

/** One run under way: what it is about, how far it is, and what it does at this moment. */
export function RunLine({ run }: { readonly run: UnderWay }) {
  const words = useWords();
  const { run: own } = useWords(nowWords);
  const { done, total, failed, left_out, now } = run.progress;
  const told = own.progress(done - left_out, total);
  const doing = now.slice(0, MOST_NOW).map(({ name }) => name);
  return (
    <li className="now-item">
      <div className="now-words">
        <p className="now-title">
          <Link href={path`/runs/${run.run_id}`} dir="auto">
            {run.playbook_name}
          </Link>
        </p>
        <p className="quiet row">
          <StateSign value={run.state} />
          {run.dry_run && <Badge>{words.dry_run}</Badge>}
          {run.service_name !== null && <span dir="auto">{run.service_name}</span>}
          {run.alert !== null && <span dir="auto">{run.alert.alert_name}</span>}
          <When at={run.started_at ?? run.created_at} />
        </p>
        <p className="now-doing quiet truncate" dir="auto">
          {run.state === 'waiting' && run.reason !== null ? wordOf(words.step_reason, run.reason) : doing.join(', ')}
        </p>
      </div>
      <div className="now-end clock">
        <span className="number">{told}</span>
        <ProgressBar {...{ done, total, failed, left_out }} label={told} />
        {failed > 0 && <span className="now-failed">{own.failed(failed)}</span>}
      </div>
    </li>
  );
}

/** The word for a reason; one that is a sentence of its own as it came. */
function wordOf(words: Readonly<Record<string, string>>, reason: string): string {
  return Object.hasOwn(words, reason) ? (words[reason] ?? reason) : reason;
}
