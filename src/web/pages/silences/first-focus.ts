import { useEffect, useRef } from 'react';
import type { RefObject } from 'react';

/**
 * Puts the focus into the first field of a form that matches, once its dialog is open. Not where fingers type: the keyboard would cover
 * what the form shows.
 */
export function useFirstFocus(selector: string): RefObject<HTMLFormElement | null> {
  const form = useRef<HTMLFormElement>(null);
  const wanted = useRef(selector);
  useEffect(() => {
    if (window.matchMedia('(pointer: coarse)').matches) return undefined;
    // The dialog opens after its content is there, and takes the focus.
    const frame = requestAnimationFrame(() => form.current?.querySelector<HTMLElement>(wanted.current)?.focus());
    return () => cancelAnimationFrame(frame);
  }, []);
  return form;
}
