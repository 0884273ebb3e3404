import { useId } from 'react';
import type { OverviewAnswer } from '../../../domain/api/overview.js';
import { Icon } from '../../kit/icon.js';
import { ErrorNote } from '../../kit/states.js';
import { When } from '../../kit/when.js';
import { useOverview } from '../../shell/overview.js';
import { useWords } from '../../words/language.js';
import { systemWords } from '../../words/system.js';
import { PauseButton } from '../now/pause-button.js';
import { Storms } from './storms.js';

/** Whether writes may start: the big red button, and the storms that last. */
export function Writes() {
  const { writes: words } = useWords(systemWords);
  const id = useId();
  const { data, error } = useOverview();
  return (
    <section className="panel stack" aria-labelledby={id}>
      <h2 id={id}>{words.title}</h2>
      {data === undefined ? (
        <ErrorNote error={error} />
      ) : (
        <>
          <PauseState pause={data.pause} />
          <StormState storm={data.storm} />
        </>
      )}
    </section>
  );
}

function PauseState({ pause }: { readonly pause: OverviewAnswer['pause'] }) {
  const { writes: words } = useWords(systemWords);
  return (
    <div className="system-state">
      <span className={`sign ${pause.paused ? 'bad' : 'good'}`}>
        <Icon name={pause.paused ? 'pause' : 'check'} />
      </span>
      <div className="stack-tight">
        <strong>{pause.paused ? words.paused : words.on}</strong>
        {pause.paused ? (
          <>
            <p dir="auto" className="system-said">
              {pause.reason ?? words.no_reason}
            </p>
            <p className="row quiet">
              {pause.by !== null && <span dir="auto">{words.by(pause.by)}</span>} <When at={pause.at} as="both" />
            </p>
          </>
        ) : (
          <p className="quiet">{words.on_hint}</p>
        )}
      </div>
      <PauseButton isPaused={pause.paused} />
    </div>
  );
}

function StormState({ storm }: { readonly storm: OverviewAnswer['storm'] }) {
  const { writes: words } = useWords(systemWords);
  const isCalm = storm.level === 0;
  return (
    <>
      <div className="system-state">
        <span className={`sign ${isCalm ? 'good' : storm.level === 1 ? 'warn' : 'bad'}`}>
          <Icon name={isCalm ? 'check' : 'incident'} />
        </span>
        <div className="stack-tight">
          <strong>{isCalm ? words.calm : storm.level === 1 ? words.level_1 : words.level_2}</strong>
          {isCalm && <p className="quiet">{words.calm_hint}</p>}
        </div>
      </div>
      <Storms storm={storm} />
    </>
  );
}
