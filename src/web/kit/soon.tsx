import { useDeferredValue } from 'react';
import type { ReactNode } from 'react';

interface SoonProps {
  readonly children: () => ReactNode;
  /** What keeps its room until then. */
  readonly meanwhile?: ReactNode;
}

/** A part that is drawn right after the page around it stands: what is dear to draw, or below what is seen first. */
export function Soon({ children, meanwhile = null }: SoonProps): ReactNode {
  return useDeferredValue(true, false) ? children() : meanwhile;
}
