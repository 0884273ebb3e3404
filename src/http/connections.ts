import { z } from 'zod';
import { ConnectionChecks, NotifierAnswer } from '../domain/api/connection.js';
import { pageOf } from '../domain/api/page.js';
import { didYouMean } from '../domain/nearest.js';
import { messageOf } from '../domain/errors.js';
import { limitTime, settleWithin } from '../domain/time-limit.js';
import type { Auth } from './auth.js';
import type { Dialed, HttpDeps } from './deps.js';
import { answers, found, PathId } from './route.js';
import type { Api } from './route.js';

/** What dials is told to give up then, and not waited for a second longer. */
const DIAL_WITHIN_MS = 20_000;
const GIVE_UP_MS = 1_000;
const tags = ['connections'];

/** Whether what Fixpoint talks to answers: the same checks as `fixpoint doctor`, one at a time. */
export function connectionRoutes(app: Api, deps: HttpDeps, auth: Auth): void {
  const { connections } = deps;
  const dial = createDialing(deps);

  app.get(
    '/api/v1/notifiers',
    {
      onRequest: auth.require('read'),
      schema: { tags, summary: 'The channels that are configured', ...answers(200, pageOf(NotifierAnswer)) },
    },
    () => ({
      items: connections.notifiers.map((name) => ({ name, default: connections.defaultNotifiers.includes(name) })),
      next_cursor: null,
    }),
  );

  app.post(
    '/api/v1/executors/:kind/check',
    {
      onRequest: auth.require('operate'),
      schema: {
        tags,
        summary: 'Dials what is behind a kind of task; nothing is changed',
        params: z.object({ kind: PathId }),
        ...answers(200, ConnectionChecks),
      },
    },
    async (request) => {
      const kind = request.params.kind.toLowerCase();
      const known = [...deps.executorSpecs.keys()];
      found(known.includes(kind) ? kind : null, `kind ${kind}${didYouMean(kind, known)}`);
      return dial(`kind ${kind}`, (signal) => connections.checkExecutor(kind, signal));
    },
  );

  app.post(
    '/api/v1/notifiers/:name/check',
    {
      onRequest: auth.require('operate'),
      schema: {
        tags,
        summary: 'Dials a channel; no message is sent',
        params: z.object({ name: PathId }),
        ...answers(200, ConnectionChecks),
      },
    },
    async (request) => {
      const { name } = request.params;
      const is = connections.notifiers.includes(name);
      found(is ? name : null, `notifier ${name}${didYouMean(name, connections.notifiers)} that is configured`);
      return dial(`notifiers.${name}`, (signal) => connections.checkNotifier(name, signal));
    },
  );
}

type Dial = (what: string, check: (signal: AbortSignal) => Promise<Dialed>) => Promise<ConnectionChecks>;

/** Whoever asks for a check that is under way gets its answer: a server in trouble is not dialed by everybody at once. */
function createDialing({ clock, log }: Pick<HttpDeps, 'clock' | 'log'>): Dial {
  const underWay = new Map<string, Promise<ConnectionChecks>>();

  async function run(what: string, check: (signal: AbortSignal) => Promise<Dialed>): Promise<ConnectionChecks> {
    const limit = limitTime(new AbortController().signal, DIAL_WITHIN_MS, clock);
    const late = (): Error => new Error(`no answer within ${(DIAL_WITHIN_MS + GIVE_UP_MS) / 1_000} s`);
    try {
      const { checks, note } = await settleWithin(check(limit.signal), DIAL_WITHIN_MS + GIVE_UP_MS, clock, late);
      const items = checks.map(({ name, target, ok, message, required }) => ({ name, target, ok, message, required }));
      return { items, message: items.length === 0 ? (note ?? 'there is no server to dial') : null };
    } catch (error) {
      // What a check throws may be anybody's words; it is told to the log, and by its kind to the page.
      log.warn({ error: messageOf(error), what }, 'a connection could not be checked');
      const message = limit.isOver() ? messageOf(late()) : 'the check itself broke; the log tells more';
      return { items: [{ name: what, target: '', ok: false, message, required: false }], message: null };
    } finally {
      limit.end();
    }
  }

  return (what, check) => {
    let asked = underWay.get(what);
    if (asked === undefined) {
      asked = run(what, check).finally(() => underWay.delete(what));
      underWay.set(what, asked);
    }
    return asked;
  };
}
