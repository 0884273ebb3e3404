/** A monitor's title as its events carry it, taken apart. */
export interface EventTitle {
  readonly name: string;
  readonly priority: string | null;
  readonly transition: string | null;
  readonly scope: string | null;
}

const TRANSITION =
  /^(re-?)?(triggered|recovered|warn|warning|no data|alert|renotify)( recovered)?(?: on \{([^}]{0,2000})\})?$/i;

/** `[P1] [Triggered on {host:web-1}] CPU is high on web-1` is the monitor `CPU is high on web-1`; other brackets belong to its name. */
export function splitTitle(title: string): EventTitle {
  let rest = title.trim();
  let priority: string | null = null;
  let transition: string | null = null;
  let scope: string | null = null;
  for (;;) {
    const [whole, inside = ''] = /^\[([^\]]{1,2200})\]\s*/.exec(rest) ?? [];
    if (whole === undefined) break;
    const match = TRANSITION.exec(inside.trim());
    if (match !== null && transition === null) {
      transition = inside.replace(/ on \{.*$/s, '').trim();
      scope = match[4] ?? null;
    } else if (/^p[1-5]$/i.test(inside) && priority === null) priority = inside;
    else break;
    rest = rest.slice(whole.length);
  }
  return { name: rest.trim(), priority, transition, scope };
}
