import { useQueryClient } from '@tanstack/react-query';
import type { UseQueryResult } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import type { RunAnswer } from '../../../domain/api/run.js';
import type { RunState, StoredEvent } from '../../../domain/run/run.js';
import { path } from '../../api/client.js';
import { keyOf, useGet } from '../../api/queries.js';
import type { Frame } from '../../api/event-frames.js';
import { useEventStream } from '../../api/stream.js';
import type { StreamState } from '../../api/stream.js';
import { createEventLog } from './event-log.js';
import type { EventLog } from './event-log.js';
import { BROWSER_CLOCK, createPacer } from '../../api/pacer.js';

/** Where one run is read. */
export function runUrl(run_id: string): string {
  return path`/api/v1/runs/${run_id}`;
}

/** True when nothing can move the run on any more, but a retry. */
export function isFinal(state: RunState): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'cancelled';
}

/** A run, kept true by its events: a burst of them asks for it once. */
export interface LiveRun {
  readonly query: UseQueryResult<RunAnswer>;
  readonly stream: StreamState;
  /** The events that came while this page was open. */
  readonly log: EventLog;
}

/** Without a stream it is asked again as often as any list; with one, only in case a word was lost. */
const UNSTREAMED_MS = 6_000;
const STREAMED_MS = 30_000;
const FINISHED_MS = 30_000;
/** What is sent to people about its end is still on its way. */
const LATE_NEWS_MS = 120_000;

/** Follows one run for as long as the component is there. */
export function useLiveRun(run_id: string): LiveRun {
  const url = runUrl(run_id);
  const client = useQueryClient();
  const log = useMemo(() => createEventLog(nextFrame), [run_id]);
  const [pace, setPace] = useState(UNSTREAMED_MS);
  const query = useGet<RunAnswer>(url, { live: pace });
  const run = query.data;
  const isOpen = run !== undefined && !isFinal(run.state);
  const pacer = useMemo(
    () =>
      createPacer(
        () => client.refetchQueries({ queryKey: keyOf(url), exact: true }, { cancelRefetch: false }),
        BROWSER_CLOCK,
      ),
    [client, url],
  );
  useEffect(() => () => pacer.stop(), [pacer]);
  const stream = useEventStream({
    url: isOpen ? `${url}/events` : null,
    after: run === undefined ? null : String(run.seq),
    onFrames: (frames) => {
      log.add(frames.flatMap(readEvent));
      pacer.ask();
    },
  });
  const finished_at = run?.finished_at ?? null;
  useEffect(() => {
    const isLate = finished_at !== null && Date.now() - Date.parse(finished_at) > LATE_NEWS_MS;
    setPace(isOpen ? (stream === 'open' ? STREAMED_MS : UNSTREAMED_MS) : isLate ? FINISHED_MS : UNSTREAMED_MS);
  }, [isOpen, stream, finished_at]);
  return { query, stream, log };
}

/** The event that a frame brings; one that cannot be read is left out, and the run itself is asked again all the same. */
function readEvent({ data }: Frame): readonly StoredEvent[] {
  try {
    const event: unknown = JSON.parse(data);
    // The service's schema says what else an event has.
    return typeof event === 'object' && event !== null && 'seq' in event ? [event as StoredEvent] : [];
  } catch {
    return [];
  }
}

/** A page in the background has no frames: what comes there is added by a timer. */
function nextFrame(run: () => void): void {
  if (document.hidden) window.setTimeout(run, 250);
  else window.requestAnimationFrame(run);
}
