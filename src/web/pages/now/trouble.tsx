import type { OverviewAnswer } from '../../../domain/api/overview.js';
import { Icon } from '../../kit/icon.js';
import { When } from '../../kit/when.js';
import { useWords } from '../../words/language.js';
import { nowWords } from '../../words/now.js';

const MOST_STORMS = 20;

/** That writes are paused: since when, by whom, why. */
export function Pause({ pause }: { readonly pause: OverviewAnswer['pause'] }) {
  const { banner } = useWords();
  const { pause: words } = useWords(nowWords);
  return (
    <section className="panel now-trouble bad">
      <Icon name="pause" size={24} />
      <div className="stack-tight">
        <h2>{words.is_on}</h2>
        <p dir="auto">{pause.reason ?? words.no_reason}</p>
        <p className="row">
          {pause.by !== null && <span dir="auto">{banner.paused_by(pause.by)}</span>}
          <When at={pause.at} as="both" />
        </p>
      </div>
    </section>
  );
}

/** The storms that last: where, how hard, what that means. */
export function Storm({ storm }: { readonly storm: OverviewAnswer['storm'] }) {
  const { storm: words } = useWords(nowWords);
  return (
    <section className="panel now-trouble warn">
      <Icon name="incident" size={24} />
      <div className="stack-tight">
        <h2>{words.title}</h2>
        <p>{storm.level === 1 ? words.level_1 : words.level_2}</p>
        <ul className="stack-tight">
          {storm.storms.slice(0, MOST_STORMS).map(({ service_name, rates, since, calm_since, peak }) => (
            <li key={service_name ?? ''} className="row">
              <strong dir="auto">{service_name ?? words.everywhere}</strong>
              <span>{words.rates(rates.alerts, rates.starts)}</span>
              <span>{words.peak(peak)}</span>
              <When at={since} />
              {calm_since !== null && (
                <span>
                  {words.calm} <When at={calm_since} />
                </span>
              )}
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}
