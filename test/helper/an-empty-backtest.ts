import type { BacktestResult } from '../../src/domain/api/backtest.js';

/** What a backtest of no alerts comes to. */
export const AN_EMPTY_BACKTEST: BacktestResult = {
  since: '2026-11-20T10:00:00.000Z',
  until: '2026-11-21T10:00:00.000Z',
  alerts: 0,
  truncated: false,
  decisions: [],
  runs: [],
  outcomes: [],
  targets: [],
  depends: [],
  budgets: [],
  approvals: 0,
  differences: [],
  different: 0,
  newly_run: 0,
  no_longer_run: 0,
};
