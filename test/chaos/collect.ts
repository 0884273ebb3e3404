import type { Decision } from '../../src/domain/decision/decision.js';
import type { RunAnswer } from '../../src/domain/api/run.js';
import type { RunHeader, StoredEvent } from '../../src/domain/run/run.js';
import type { StoredAlert } from '../../src/domain/decision/alert-view.js';
import type { Evidence, WholeRun } from './judge.js';
import type { Member } from './member.js';
import type { Accepted } from './sender.js';
import type { Tally } from './target.js';

interface Page<T> {
  readonly items: readonly T[];
  readonly next_cursor: string | null;
}

interface Stats {
  readonly undecided: number;
}

const AT_ONCE = 8;

/** Everything that one process can tell, as anybody could ask it. */
export async function collect(
  by: Member,
  accepted: readonly Accepted[],
  tallies: ReadonlyMap<string, Tally>,
): Promise<Evidence> {
  const { undecided } = await by.get<Stats>('/api/v1/stats?since=1d');
  const ids = [...new Set(accepted.map(({ alert_id }) => alert_id))];
  const decisions = new Map(await inParallel(ids, async (id) => [id, await decisionOf(by, id)] as const));
  const runs = await inParallel(await allRuns(by), ({ run_id }) => wholeRun(by, run_id));
  return { accepted, decisions, undecided, runs, tallies };
}

/** Headers of all runs, newest first. */
export function allRuns(by: Member, filter = ''): Promise<RunHeader[]> {
  return allPages<RunHeader>(by, `/api/v1/runs?limit=200${filter}`);
}

/** The decision of an alert; null while there is none. */
export async function decisionOf(by: Member, alert_id: string): Promise<Decision | null> {
  try {
    return (await by.get<StoredAlert>(`/api/v1/alerts/${alert_id}`)).decision;
  } catch (error) {
    if (error instanceof Error && error.message.includes(': 404 ')) return null;
    throw error;
  }
}

async function wholeRun(by: Member, run_id: string): Promise<WholeRun> {
  const { steps, ...header } = await by.get<RunAnswer>(`/api/v1/runs/${run_id}`);
  return { header, steps, events: await allPages<StoredEvent>(by, `/api/v1/runs/${run_id}/events?`) };
}

async function allPages<T>(by: Member, path: string): Promise<T[]> {
  const all: T[] = [];
  for (let cursor = ''; ;) {
    const page = await by.get<Page<T>>(`${path}${cursor}`);
    all.push(...page.items);
    if (page.next_cursor === null) return all;
    cursor = `&cursor=${encodeURIComponent(page.next_cursor)}`;
  }
}

/** Asks for each, a few at a time; the answers stand in the order of the questions. */
export async function inParallel<T, R>(list: readonly T[], ask: (item: T) => Promise<R>): Promise<R[]> {
  const answers: R[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (;;) {
      const index = next++;
      if (index >= list.length) return;
      answers[index] = await ask(list[index] as T); // within the list
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return answers;
}
