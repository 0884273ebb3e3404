import type { Stage } from './facts.js';

/** An alert that a silence holds back, ours or one of the configured Alertmanager. */
export const silence: Stage = (alert, { suppression, now }) => {
  const held = suppression?.set.silenced(alert, now);
  return held ? { type: 'hold', ...held } : 'continue';
};
