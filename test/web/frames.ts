import type { Page } from '@playwright/test';

/** What a page drew, second by second of its own clock. */
export interface Drawn {
  /** How long it was watched. */
  readonly ms: number;
  /** Frames in each whole second. */
  readonly frames: readonly number[];
  /** The longest time without a frame. */
  readonly longest_ms: number;
  /** How often what is watched said something else, in each whole second. */
  readonly changes: readonly number[];
}

/** Begins to count frames, and how often the text of what `selector` finds becomes another one. */
export async function watchFrames(page: Page, selector: string): Promise<void> {
  await page.evaluate(`(() => {
    const watched = window.fixpointDrawn = { began: performance.now(), frames: [], changes: [], last: performance.now(), longest: 0, text: null };
    const count = (list, at) => { const second = Math.floor((at - watched.began) / 1000); list[second] = (list[second] ?? 0) + 1; };
    const frame = () => {
      const now = performance.now();
      count(watched.frames, now);
      watched.longest = Math.max(watched.longest, now - watched.last);
      watched.last = now;
      const text = document.querySelector(${JSON.stringify(selector)})?.textContent ?? '';
      if (text !== watched.text) count(watched.changes, now);
      watched.text = text;
      if (window.fixpointDrawn === watched) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  })()`);
}

/** Ends the count. The last second, which is not whole, is left out. */
export function drawnFrames(page: Page): Promise<Drawn> {
  return page.evaluate<Drawn>(`(() => {
    const { began, frames, changes, longest } = window.fixpointDrawn;
    window.fixpointDrawn = null;
    const ms = performance.now() - began;
    const whole = (list) => Array.from({ length: Math.floor(ms / 1000) }, (_, second) => list[second] ?? 0);
    return { ms, frames: whole(frames), changes: whole(changes), longest_ms: longest };
  })()`);
}
