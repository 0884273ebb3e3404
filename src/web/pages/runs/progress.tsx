import { ProgressBar } from '../../kit/progress-bar.js';
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
  return (
    <span className="run-progress" title={failed > 0 ? `${label}, ${own.failed_steps(failed)}` : label}>
      <ProgressBar {...{ done, total, failed, label }} />
      <span className="number" aria-hidden="true">
        {done}/{total}
      </span>
    </span>
  );
}
