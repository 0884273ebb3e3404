import { useEffect, useState } from 'react';
import type { ReactNode } from 'react';
import { keep, kept, useWords } from '../words/language.js';
import { Icon } from './icon.js';

const ASK_AGAIN_MS = 3_000;
const RELOADED = 'fixpoint.reloaded';
const ONCE_IN_MS = 60_000;

interface CodeAwayProps {
  readonly error: unknown;
  /** What stands there until it is known why the code did not come. */
  readonly meanwhile: ReactNode;
}

/**
 * Stands where code could not be fetched. While the service is away it says so, and keeps the rest of the page; once it answers, the page is
 * loaded anew: after an upgrade the code has another name, which the new index knows. Once a minute at most, whatever is wrong; then the
 * failure is thrown to the boundary around it.
 */
export function CodeAway({ error, meanwhile }: CodeAwayProps) {
  const words = useWords();
  const [state, setState] = useState<'asking' | 'away' | 'broken'>('asking');
  useEffect(() => {
    let isGone = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    async function ask(): Promise<void> {
      const isThere = await answers();
      if (isGone) return;
      if (!isThere) {
        setState('away');
        timer = setTimeout(() => void ask(), ASK_AGAIN_MS);
      } else if (!reloadOnce()) setState('broken');
    }
    void ask();
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, []);
  if (state === 'broken') throw error;
  if (state === 'asking') return meanwhile;
  return (
    <div className="empty" role="status">
      <Icon name="incident" size={28} />
      <h2>{words.error.load}</h2>
      <p className="quiet">{words.error.unreachable}</p>
    </div>
  );
}

async function answers(): Promise<boolean> {
  try {
    return (await fetch('/healthz', { cache: 'no-store' })).ok;
  } catch {
    return false;
  }
}

function reloadOnce(): boolean {
  if (Date.now() - Number(kept(RELOADED) ?? 0) < ONCE_IN_MS) return false;
  keep(RELOADED, String(Date.now()));
  window.location.reload();
  return true;
}
