import './progress-bar.css';

interface ProgressBarProps {
  readonly done: number;
  readonly total: number;
  /** Of those that are done. */
  readonly failed: number;
  /** The same in words. */
  readonly label: string;
}

/** How many of a known number have ended, and how many of these badly. */
export function ProgressBar({ done, total, failed, label }: ProgressBarProps) {
  const share = (part: number): string => `${total === 0 ? 0 : Math.min(100, (part / total) * 100)}%`;
  return (
    <span
      className="progress-bar"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={total}
      aria-valuenow={done}
    >
      <span className="progress-good" style={{ width: share(done - failed) }} />
      <span className="progress-bad" style={{ width: share(failed) }} />
    </span>
  );
}
