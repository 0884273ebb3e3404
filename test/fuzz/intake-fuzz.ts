import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Alert } from '../../src/domain/alert/alert.js';
import type { AlertBatch } from '../../src/domain/bus.js';
import { FixpointError, messageOf } from '../../src/domain/errors.js';
import { createIds } from '../../src/domain/id.js';
import { intakeEntries } from '../../src/domain/alert/intake-entry.js';
import { compileRules } from '../../src/domain/rule/rule-match.js';
import type { DeadLetters } from '../../src/domain/alert/dead-letter.js';
import { createIngest } from '../../src/ingest/ingest.js';
import type { Accepted, Ingest } from '../../src/ingest/ingest.js';
import { compileIntake } from '../../src/ingest/intake-entries.js';
import { openSources } from '../../src/app/open-sources.js';
import { sources as modules } from '../../src/source/registry.js';
import { contentHash, occurrenceKey } from '../../src/triage/content.js';
import { Random } from '../chaos/random.js';
import { FakeClock } from '../helper/fake-clock.js';
import { mutated } from './mutate.js';

const FIXTURES = join(import.meta.dirname, '../fixture');

/** A body that some system really sends, and whose it is. */
export interface Seed {
  readonly file: string;
  readonly source: string;
  readonly body: Buffer;
}

/** Every fixture that a source recognizes. */
export function seeds(): Seed[] {
  const names = readdirSync(FIXTURES, { recursive: true, encoding: 'utf8' }).sort();
  return names
    .filter((name) => name.endsWith('.json'))
    .flatMap((file) => {
      const body = readFileSync(join(FIXTURES, file));
      const json = parsed(body);
      const owner = modules.find((module) => json !== undefined && module.recognizes(json));
      return owner === undefined ? [] : [{ file, source: owner.name, body }];
    });
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined; // an odd fixture that is no JSON serves other tests
  }
}

type Letter = Parameters<DeadLetters['add']>[0];

/** The real intake, between a bus and a dead-letter list in memory. */
interface World {
  readonly ingest: Ingest;
  readonly sources: readonly string[];
  published: AlertBatch[];
  letters: Letter[];
}

/** Mappings and entries that look into every corner of what comes. */
const MAPPINGS = [
  {
    name: 'any',
    fields: { alert_name: 'body.title', severity: 'body.severity', metric_value: 'body.value', timestamp: 'body.at' },
  },
  {
    name: 'list',
    items: 'body.alerts',
    fields: { alert_name: '{{ item.labels.alertname }}', status: 'item.status', labels: { all: 'item.labels.job' } },
  },
];
const ENTRIES = [
  { name: 'set', set: { labels: { copy: '{{ alert.alert_name }}/{{ alert.description }}' }, metric_value: '5 %' } },
  { name: 'drop', when: 'alert.labels.job == "x" || alert.metric_value > 90.0', drop: true },
  { name: 'rename', rename_labels: { alertname: '__proto__', job: 'was' }, remove_labels: ['severity'] },
];

function openWorld(): World {
  const clock = new FakeClock();
  const { sources, recognizers } = openSources({ sources: { generic: generic() } });
  let byte = 0;
  const world: World = {
    sources: [...sources.keys()],
    published: [],
    letters: [],
    ingest: createIngest({
      sources,
      recognizers,
      bus: {
        publish: async (batch) => void world.published.push(batch),
      },
      deadLetters: {
        add: async (letter) => {
          world.letters.push(letter);
          return 'letter';
        },
      },
      ids: createIds(
        () => clock.now(),
        (size) => new Uint8Array(size).fill(byte++ % 251),
      ),
      clock,
      meter: { accepted: () => undefined, rejected: () => undefined, remark: () => undefined },
      work: compileIntake(intakeEntries(modules.map((module) => module.name)).parse(ENTRIES)),
    }),
  };
  return world;
}

function generic(): unknown {
  return modules.find((module) => module.name === 'generic')?.config.parse({ mappings: MAPPINGS });
}

const RULES = compileRules([
  { rule_id: 'R1', alert_name: '/.*e.*/', playbook_id: 'P', continue: true },
  { rule_id: 'R2', matchers: ['job=~".*x.*"'], playbook_id: 'Q', continue: true },
  { rule_id: 'R3', condition: '{{ alert.metric_value > 5 && size(alert.labels) > 2 }}', playbook_id: 'S' },
]);

/** What a number of mutated bodies came to. */
export interface Tally {
  bodies: number;
  accepted: number;
  refused: number;
  letters: number;
}

/**
 * Sends so many mutated bodies through the intake and throws at the first that it does not treat as it promises, with all that is needed to
 * see it again.
 */
export async function fuzz(count: number, seed: number): Promise<Tally> {
  const world = openWorld();
  const all = seeds();
  const bodies = all.map((one) => one.body);
  const random = new Random(seed);
  const tally: Tally = { bodies: 0, accepted: 0, refused: 0, letters: 0 };
  for (let round = 0; round < count; round++) {
    const { file, source, body } = random.pick(all);
    const sent = mutated(body, bodies, random);
    const asked = random.chance(0.6) ? source : random.chance(0.5) ? null : random.pick(world.sources);
    try {
      await send(world, asked, sent, tally);
    } catch (error) {
      const shown = sent.length > 20_000 ? `${sent.toString('latin1', 0, 20_000)}…` : sent.toString('latin1');
      throw new Error(`seed ${seed}, round ${round}, ${file} to ${asked ?? 'any'}: ${messageOf(error)}\n${shown}`, {
        cause: error,
      });
    }
  }
  return tally;
}

async function send(world: World, asked: string | null, body: Buffer, tally: Tally): Promise<void> {
  world.published = [];
  world.letters = [];
  tally.bodies += 1;
  let answer: Accepted;
  try {
    answer = await (asked === null ? world.ingest.acceptAny(body, 'fuzz') : world.ingest.accept(asked, body, 'fuzz'));
  } catch (error) {
    checkRefusal(error, world, body);
    tally.refused += 1;
    return;
  }
  const alerts = world.published.flatMap((batch) => batch.alerts);
  expectThat(answer.accepted === alerts.length, `${answer.accepted} accepted, ${alerts.length} published`);
  expectThat((answer.rejected === 0) === (world.letters.length === 0), 'rejected items and dead letters do not agree');
  for (const [index, alert] of alerts.entries()) checkAlert(alert, answer, index);
  for (const letter of world.letters) checkLetter(letter);
  tally.accepted += alerts.length;
  tally.letters += world.letters.length;
}

/** Nothing usable is a refusal in the sender's words, and the body is kept whole. Everything else would be a fault of ours. */
function checkRefusal(error: unknown, world: World, body: Buffer): void {
  if (!(error instanceof FixpointError) || error.code !== 'invalid') throw error;
  expectThat(world.published.length === 0, 'refused, and published all the same');
  expectThat(world.letters.length === 1, `refused, and ${world.letters.length} dead letters`);
  const [letter] = world.letters;
  expectThat(letter !== undefined && Buffer.compare(Buffer.from(letter.body), body) === 0, 'the body was not kept');
  expectThat(error.details.length > 0, 'refused without a place');
  if (letter) checkLetter(letter);
}

function checkLetter({ reason, details }: Letter): void {
  expectThat(details.length > 0 && reason.length > 0, 'a dead letter without a reason');
  for (const { path, message } of details) {
    expectThat(path.length < 5_000 && message.length < 5_000, 'a reason without an end');
    expectThat(!UNSTORABLE.test(path + message + reason), 'a reason that no database keeps');
  }
}

const UNSTORABLE = /\0|\p{Cs}/u;
const MAX_TEXT = 64 * 1024;
const CHECKED_TEXTS = ['alert_name', 'description', 'fingerprint', 'group_key', 'occurrence_id'] as const;

function checkAlert(alert: Alert, answer: Accepted, index: number): void {
  const read = Alert.safeParse(alert);
  expectThat(
    read.success,
    `no alert: ${read.error?.issues[0]?.path.join('.') ?? ''} ${read.error?.issues[0]?.message ?? ''}`,
  );
  const text = JSON.stringify(alert);
  // JSON writes a lone half of a pair as \ud800, and NUL as \u0000; a backslash before it makes it plain text.
  expectThat(!/(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/i.test(text), 'an alert that no database keeps');
  for (const field of CHECKED_TEXTS) expectThat(Buffer.byteLength(alert[field]) <= MAX_TEXT, `${field} is too long`);
  expectThat(alert.fingerprint !== '' && alert.alert_name.trim() !== '', 'an alert without a name or identity');
  expectThat(alert.fingerprint.length <= 1_100 && alert.group_key.length <= 1_100, 'a key that no index takes');
  const told = answer.alerts[index];
  expectThat(told?.alert_id === alert.alert_id && told.fingerprint === alert.fingerprint, 'the answer tells another');
  // What triage makes of it first.
  occurrenceKey(alert);
  contentHash(alert);
  RULES.match(alert);
}

function expectThat(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise);
}

/** What may stand in the place of an alert, and is none. */
const RUBBISH: readonly unknown[] = [null, 5, true, 'x', '', [], [[]], {}, { labels: 5 }, { alert_name: null }];

/**
 * Puts rubbish in the place of one alert of each body that holds several, and throws unless all of its neighbours are accepted and it is a
 * dead letter of its own. Answers how many bodies that were.
 */
export async function spoilNeighbours(seed: number): Promise<number> {
  const world = openWorld();
  const random = new Random(seed);
  let tried = 0;
  for (const { file, source, body } of seeds()) {
    const json = parsed(body);
    const list = Array.isArray(json) ? (json as unknown[]) : (json as { alerts?: unknown[] } | null)?.alerts;
    if (!Array.isArray(list) || list.length < 2) continue;
    const whole = await accepted(world, source, json);
    if (whole.length !== list.length) continue;
    for (const [index] of list.entries()) {
      const kept = list[index];
      list[index] = random.pick(RUBBISH);
      const left = await accepted(world, source, json);
      const expected = whole.filter((_, place) => place !== index);
      expectThat(
        left.join() === expected.join(),
        `${file}: [${index}] spoiled, and ${left.length} of ${list.length} taken`,
      );
      expectThat(world.letters.length === 1, `${file}: [${index}] spoiled, and ${world.letters.length} dead letters`);
      expectThat(
        world.letters[0]?.details.every(({ path }) => path.includes(`[${index}]`)) === true,
        `${file}: the dead letter does not name the place [${index}]`,
      );
      list[index] = kept;
      tried += 1;
    }
  }
  return tried;
}

async function accepted(world: World, source: string, json: unknown): Promise<string[]> {
  world.letters = [];
  const { alerts } = await world.ingest.accept(source, Buffer.from(JSON.stringify(json)), 'fuzz');
  return alerts.map((alert) => alert.fingerprint);
}
