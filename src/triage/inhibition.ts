import type { Stage } from './facts.js';

/** An alert that is held back while another one fires. */
export const inhibition: Stage = (alert, { suppression, key, now }) => {
  const held = suppression?.set.inhibited(alert, key, suppression.firing, now);
  return held ? { type: 'hold', ...held } : 'continue';
};
