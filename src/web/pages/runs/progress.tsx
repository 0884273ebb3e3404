import { ProgressBar } from '../../kit/progress-bar.js';
import { useWords } from '../../words/language.js';
import { runsWords } from '../../words/runs.js';
import './progress.css';

interface ProgressProps {
  readonly done: number;
  readonly total: number;
  readonly failed: number;
  readonly left_out: number;
}

/** How many steps were done, and how many have ended without: a bar with its number. */
export function Progress({ done, total, failed, left_out }: ProgressProps) {
  const own = useWords(runsWords);
  const label = own.progress(done - left_out, total, left_out);
  return (
    <span className="run-progress" title={failed > 0 ? `${label}, ${own.failed_steps(failed)}` : label}>
      <ProgressBar {...{ done, total, failed, left_out, label }} />
      <span className="number" aria-hidden="true">
        {done - left_out}/{total}
      </span>
    </span>
  );
}
