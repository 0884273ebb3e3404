import type { ReactNode } from 'react';
import './key-value.css';

/** One fact: null and undefined values show a dash. */
export interface Fact {
  readonly label: string;
  readonly value: ReactNode;
}

/** Facts about one thing, as a list of terms. */
export function KeyValue({ facts }: { readonly facts: readonly Fact[] }) {
  return (
    <dl className="facts">
      {facts.map(({ label, value }) => (
        <div key={label} className="fact">
          <dt>{label}</dt>
          <dd dir="auto">{value ?? <span className="faint">–</span>}</dd>
        </div>
      ))}
    </dl>
  );
}
