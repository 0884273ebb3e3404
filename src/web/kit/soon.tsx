import { startTransition, useEffect, useState } from 'react';
import type { ReactNode } from 'react';
import { afterFrame } from './idle.js';

interface SoonProps {
  readonly children: () => ReactNode;
  /** What keeps its room until then. */
  readonly meanwhile?: ReactNode;
}

// Not `useDeferredValue`: its work may begin before the browser has shown what was drawn first.
/** A part that is drawn right after the page around it is seen: what is dear to draw, or below what is seen first. */
export function Soon({ children, meanwhile = null }: SoonProps): ReactNode {
  const [isTime, setTime] = useState(false);
  useEffect(() => afterFrame(() => startTransition(() => setTime(true))), []);
  return isTime ? children() : meanwhile;
}
