import { useWords } from '../../words/language.js';
import { runsWords } from '../../words/runs.js';
import './progress.css';

interface ProgressProps {
  readonly done: number;
  readonly total: number;
  readonly failed: number;
}

/** How many steps have ended: a bar with its number. */
export function Progress({ done, total, failed }: ProgressProps) {
  const own = useWords(runsWords);
  const label = own.progress(done, total);
  const share = (part: number): string => `${total === 0 ? 0 : Math.min(100, (part / total) * 100)}%`;
  return (
    <span className="run-progress" title={failed > 0 ? `${label}, ${own.failed_steps(failed)}` : label}>
      <span
        className="run-progress-bar"
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={total}
        aria-valuenow={done}
      >
        <span className="run-progress-good" style={{ width: share(done - failed) }} />
        <span className="run-progress-bad" style={{ width: share(failed) }} />
      </span>
      <span className="number" aria-hidden="true">
        {done}/{total}
      </span>
    </span>
  );
}
