import { BacktestRequest, BacktestResult } from '../domain/api/backtest.js';
import { sinceInstant } from '../domain/api/page.js';
import type { Auth } from './auth.js';
import type { HttpDeps } from './deps.js';
import { answers } from './route.js';
import type { Api } from './route.js';

/** What would have happened by other rules and playbooks. */
export function backtestRoutes(app: Api, deps: HttpDeps, auth: Auth): void {
  app.post(
    '/api/v1/backtest',
    {
      // It changes nothing; but it may keep a processor busy for a while, which is no reader's business.
      onRequest: auth.require('operate'),
      schema: {
        tags: ['rules'],
        summary: 'Stored alerts replayed through other rules and playbooks: what would have run; nothing is started',
        body: BacktestRequest,
        ...answers(200, BacktestResult),
      },
    },
    (request) => deps.backtest(request.body, sinceInstant(request.body.since, deps.clock.now())),
  );
}
