import type { Stage } from './facts.js';

/** An alert that the configuration drops on its way in. It is kept with this decision, and its occurrence is known. */
export const filtered: Stage = ({ filtered }) => {
  if (filtered === undefined) return 'continue';
  return { type: 'drop', reason: 'filtered', by: filtered.by, explanation: filtered.explanation };
};
