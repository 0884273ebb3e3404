import type { ReactNode } from 'react';

/** A text of our own in which what stands between two backquotes is code. */
export function Marked({ text }: { readonly text: string }): ReactNode {
  return text.split('`').map((part, index) => (index % 2 === 1 ? <code key={index}>{part}</code> : part));
}
