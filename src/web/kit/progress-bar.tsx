import './progress-bar.css';

interface ProgressBarProps {
  /** How many have ended. */
  readonly done: number;
  readonly total: number;
  /** Of those that have ended. */
  readonly failed: number;
  /** Of those that have ended: skipped or cancelled. */
  readonly left_out: number;
  /** The same in words. */
  readonly label: string;
}

/** How many of a known number have ended: well, badly, or without having been done. */
export function ProgressBar({ done, total, failed, left_out, label }: ProgressBarProps) {
  const share = (part: number): string => `${total === 0 ? 0 : Math.min(100, (part / total) * 100)}%`;
  return (
    <span
      className="progress-bar"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={total}
      aria-valuenow={done - left_out}
    >
      <span className="progress-good" style={{ width: share(done - failed - left_out) }} />
      <span className="progress-bad" style={{ width: share(failed) }} />
      <span className="progress-left-out" style={{ width: share(left_out) }} />
    </span>
  );
}
