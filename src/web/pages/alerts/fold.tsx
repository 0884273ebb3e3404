import { useState } from 'react';
import type { ReactNode } from 'react';

interface FoldProps {
  readonly summary: ReactNode;
  readonly open?: boolean;
  readonly children: () => ReactNode;
}

/** Something behind its headline; drawn when it is first opened, so that what nobody looks at costs nothing. */
export function Fold({ summary, open = false, children }: FoldProps) {
  const [seen, setSeen] = useState(open);
  return (
    <details className="alert-fold" open={open} onToggle={(event) => event.currentTarget.open && setSeen(true)}>
      <summary>{summary}</summary>
      {seen && <div className="alert-fold-inside">{children()}</div>}
    </details>
  );
}
