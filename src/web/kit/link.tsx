import type { ComponentProps, MouseEvent } from 'react';
import { navigate } from 'wouter/use-browser-location';

type LinkProps = ComponentProps<'a'> & {
  readonly href: string;
  /** Follows it, where that is more than to go there. */
  readonly onFollow?: () => void;
};

// Not the router's own link, which looks at the address by itself: each of a list's hundred would be drawn again by every step.
/** A link to another of these pages: followed without loading anew, but opened elsewhere where that is asked for. */
export function Link({ href, onClick, onFollow = () => navigate(href), ...rest }: LinkProps) {
  function follow(event: MouseEvent<HTMLAnchorElement>): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.button !== 0) return;
    onClick?.(event);
    if (event.defaultPrevented) return;
    event.preventDefault();
    onFollow();
  }
  return <a {...rest} href={href} onClick={follow} />;
}
