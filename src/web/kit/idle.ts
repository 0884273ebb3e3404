const LATEST_MS = 2_000;
const WITHOUT_MS = 500;
const UNSEEN_MS = 200;

/** Does it once the browser has nothing else to do, or a little later; answers how to call it off. */
export function whenIdle(run: () => void): () => void {
  // Safari has no such call.
  if (!('requestIdleCallback' in window)) {
    const timer = setTimeout(run, WITHOUT_MS);
    return () => clearTimeout(timer);
  }
  const id = window.requestIdleCallback(run, { timeout: LATEST_MS });
  return () => window.cancelIdleCallback(id);
}

/** Does it once what is drawn now is on the screen, or a little later where nobody looks; answers how to call it off. */
export function afterFrame(run: () => void): () => void {
  // A tab in the background has no frames.
  let timer = setTimeout(run, UNSEEN_MS);
  const frame = requestAnimationFrame(() => {
    clearTimeout(timer);
    // A frame begins with this and is shown after it.
    timer = setTimeout(run);
  });
  return () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
}
