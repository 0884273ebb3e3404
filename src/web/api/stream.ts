import { useEffect, useRef, useState } from 'react';
import type { Api } from './client.js';
import { ApiRefusal } from './client.js';
import { useApi } from './context.js';
import { createFrameReader } from './event-frames.js';
import type { Frame } from './event-frames.js';

/** `connecting` is also the time between two attempts; `ended`: the service has nothing more to tell; `refused`: it never will. */
export type StreamState = 'connecting' | 'open' | 'ended' | 'refused';

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
/** The service says something every 15 s; a stream that is silent for longer is dead, whatever the socket believes. */
const SILENT_MS = 45_000;

interface StreamOptions {
  /** Null: nothing is followed. */
  readonly url: string | null;
  /** Where to begin: the id of the last event that is known already. */
  readonly after?: string | null;
  readonly onFrames: (frames: readonly Frame[]) => void;
}

/** Follows server-sent events until the component goes: each event once, in order, over every break in between. */
export function useEventStream(options: StreamOptions): StreamState {
  const api = useApi();
  const { url, after = null } = options;
  const [state, setState] = useState<StreamState>('connecting');
  const onFrames = useRef(options.onFrames);
  useEffect(() => {
    onFrames.current = options.onFrames;
  });
  useEffect(() => {
    if (url === null) return undefined;
    const stop = new AbortController();
    void follow({
      api,
      url,
      after,
      onState: setState,
      onFrames: (frames) => onFrames.current(frames),
      stop: stop.signal,
    });
    return () => stop.abort();
    // `after` counts at the beginning only: later the stream itself knows where it is.
  }, [api, url]);
  return state;
}

interface Following {
  readonly api: Api;
  readonly url: string;
  readonly after: string | null;
  readonly onState: (state: StreamState) => void;
  readonly onFrames: (frames: readonly Frame[]) => void;
  readonly stop: AbortSignal;
}

/** Follows until the service answers 204 (there is no more), refuses for good, or `stop` says so. */
export async function follow({ api, url, after, onState, onFrames, stop }: Following): Promise<void> {
  let last = after;
  let wait = FIRST_WAIT_MS;
  const tell = (state: StreamState): void => {
    if (!stop.aborted) onState(state);
  };
  while (!stop.aborted) {
    tell('connecting');
    try {
      const response = await api.stream(url, last, stop);
      if (response.status === 204 || response.body === null) return tell('ended');
      tell('open');
      await readAll(response.body, stop, (frames) => {
        for (const { id } of frames) last = id ?? last;
        wait = FIRST_WAIT_MS;
        if (!stop.aborted) onFrames(frames);
      });
    } catch (error) {
      if (error instanceof ApiRefusal && isFinal(error)) return tell('refused');
      // Anything else is a break: the stream comes back below.
    }
    await pause(wait * (0.75 + Math.random() / 2), stop);
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }
}

function isFinal({ code }: ApiRefusal): boolean {
  return code === 'unauthorized' || code === 'forbidden' || code === 'not_found' || code === 'invalid';
}

async function readAll(
  body: ReadableStream<Uint8Array>,
  stop: AbortSignal,
  onFrames: (frames: readonly Frame[]) => void,
): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const take = createFrameReader();
  let watch: ReturnType<typeof setTimeout> | undefined;
  const rearm = (): void => {
    clearTimeout(watch);
    watch = setTimeout(() => void reader.cancel(), SILENT_MS);
  };
  try {
    for (rearm(); !stop.aborted; rearm()) {
      const { done, value } = await reader.read();
      if (done) return;
      const frames = take(decoder.decode(value, { stream: true }));
      if (frames.length > 0) onFrames(frames);
    }
  } finally {
    clearTimeout(watch);
    // Already closed or cut: nothing is lost by a refusal here.
    void reader.cancel().catch(() => undefined);
  }
}

function pause(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      stop.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    stop.addEventListener('abort', done, { once: true });
  });
}
