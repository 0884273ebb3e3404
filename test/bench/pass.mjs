// What the goals are held to.

/** What each result has to reach; `over` is at least, `under` at most. A value with a unit stands for itself, not for a ratio. */
const PASS = {
  P1: { over: 1 },
  P2: { over: 20 },
  P3: { under: 2 },
  P4: { under: 3 },
  'P4-p99': { under: 12 },
  P4b: { under: 0.6 },
  P5: { over: 0.4 },
  P6: { over: 0.7 },
  P7: { under: 2 },
  'P7-100k': { under: 2.5 },
  P7b: { over: 0.4 },
  P7c: { under: 0.25, unit: 's' },
  'P7c-block': { under: 0.02, unit: 's' },
  P8: { under: 3 },
  'P8-embedded': { under: 5.5 },
  'P8-embedded-first': { under: 5.5 },
  P9: { under: 2 },
  'P9-embedded': { under: 1, unit: 's' },
  'P9-embedded-first': { under: 2, unit: 's' },
  P12: { under: 2, unit: 's' },
  P13: { under: 0.5, unit: '%' },
};

/** `yes (≥ 1)` or `NO (≥ 1)`; nothing for a result that is held to nothing. */
export function passOf({ name, ratio, subject }) {
  const goal = PASS[name];
  if (!goal) return '';
  const value = goal.unit === undefined ? ratio : subject;
  const unit = goal.unit === undefined ? '' : ` ${goal.unit}`;
  if (goal.over !== undefined) return `${value >= goal.over ? 'yes' : 'NO'} (≥ ${goal.over}${unit})`;
  return `${value <= goal.under ? 'yes' : 'NO'} (≤ ${goal.under}${unit})`;
}
