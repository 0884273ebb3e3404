import type { Stage } from './facts.js';

/** An alert that a maintenance window holds back. */
export const maintenanceWindow: Stage = (alert, { suppression, now }) => {
  const held = suppression?.set.inWindow(alert, now);
  return held ? { type: 'hold', ...held } : 'continue';
};
