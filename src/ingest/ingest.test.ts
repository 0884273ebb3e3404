import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anAlert } from '../../test/helper/an-alert.js';
import { FakeClock } from '../../test/helper/fake-clock.js';
import type { ParsedAlert } from '../domain/alert/alert.js';
import type { AlertBatch } from '../domain/bus.js';
import { FixpointError } from '../domain/errors.js';
import { createIds, idOf } from '../domain/id.js';
import type { ParsedPayload, Source } from '../domain/source.js';
import type { DeadLetters } from '../domain/alert/dead-letter.js';
import type { Ingest } from './ingest.js';
import { createIngest } from './ingest.js';
import type { RoomLimits } from './room.js';

type Letter = Parameters<DeadLetters['add']>[0];

const GROUP = readFileSync(join(import.meta.dirname, '../../test/fixture/payloads/alertmanager-firing-grouped-4.json'));

function aParsed(name: string, over: Partial<ParsedAlert> = {}): ParsedAlert {
  return {
    source_system: 'fake',
    alert_name: name,
    severity: 'info',
    status: 'firing',
    service_name: null,
    host_ip: null,
    metric_value: null,
    timestamp: '2026-11-21T09:00:00.000Z',
    labels: { name },
    description: name,
    fingerprint: `fp-${name}`,
    metric_unit: null,
    ends_at: null,
    annotations: {},
    links: {},
    group_key: 'g',
    occurrence_id: `fp-${name}`,
    ...over,
  };
}

/** A source of strings: a name is an alert, `!name` is rejected, `?name` began now, anything else is unusable. */
class FakeSource implements Source {
  parsed = 0;

  parse(payload: unknown, now: number): ParsedPayload | { unusable: { path: string; message: string }[] } {
    this.parsed += 1;
    if (!Array.isArray(payload)) return { unusable: [{ path: 'x', message: 'expected a list' }] };
    const names = payload as string[];
    return {
      alerts: names
        .filter((name) => !name.startsWith('!'))
        .map((name) => aParsed(name, name.startsWith('?') ? { timestamp: new Date(now).toISOString() } : {})),
      rejected: names
        .filter((name) => name.startsWith('!'))
        .map((item) => ({ item, details: [{ path: `[${names.indexOf(item)}]`, message: 'bad' }] })),
      remarks: names.includes('odd') ? ['an odd one'] : [],
    };
  }
}

interface House {
  readonly ingest: Ingest;
  readonly source: FakeSource;
  readonly clock: FakeClock;
  readonly batches: AlertBatch[];
  readonly letters: Letter[];
  readonly told: string[];
}

function house(
  broken: { bus?: Error; letters?: Error; publish?: () => Promise<void> } = {},
  over: { room?: RoomLimits } = {},
): House {
  const clock = new FakeClock();
  const source = new FakeSource();
  const batches: AlertBatch[] = [];
  const letters: Letter[] = [];
  const told: string[] = [];
  let byte = 0;
  const ingest = createIngest({
    sources: new Map([
      ['fake', source],
      ['other', new FakeSource()],
    ]),
    recognizers: [
      { name: 'absent', recognizes: () => true },
      { name: 'fake', recognizes: (payload) => Array.isArray(payload) },
    ],
    bus: {
      publish: async (batch) => {
        if (broken.bus) throw broken.bus;
        await broken.publish?.();
        batches.push(batch);
      },
    },
    deadLetters: {
      add: async (letter) => {
        if (broken.letters) throw broken.letters;
        letters.push(letter);
        return 'id';
      },
    },
    ids: createIds(
      () => clock.now(),
      (length) => new Uint8Array(length).fill(byte++),
    ),
    clock,
    meter: {
      accepted: (name, count) => told.push(`${name} accepted ${count}`),
      rejected: (name, count) => told.push(`${name} rejected ${count}`),
      remark: (name, text) => told.push(`${name} remark ${text}`),
    },
    ...over,
  });
  return { ingest, source, clock, batches, letters, told };
}

function body(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

function textOf(letter: Letter | undefined): string {
  return Buffer.from(letter?.body ?? []).toString();
}

describe('a body of valid alerts', () => {
  it('is published as one batch with consecutive ids before it is answered', async () => {
    const { ingest, batches, told } = house();

    const answer = await ingest.accept('fake', body(['a', 'b', 'odd']));

    const [batch] = batches;
    expect(batch!.alerts.map((alert) => alert.alert_id)).toEqual(
      [0, 1, 2].map((index) => idOf(batch!.batch_id, index)),
    );
    expect(batch!.alerts[1]).toEqual({
      ...aParsed('b'),
      alert_id: idOf(batch!.batch_id, 1),
      received_at: '2026-11-21T10:00:00.000Z',
    });
    expect(answer).toEqual({
      accepted: 3,
      alerts: batch!.alerts.map(({ alert_id, fingerprint, status }) => ({ alert_id, fingerprint, status })),
      rejected: 0,
    });
    expect(told).toEqual(['fake remark an odd one', 'fake accepted 3']);
  });

  it('is not answered when the bus cannot promise anything', async () => {
    const down = new FixpointError('unavailable', 'the database is away');
    const { ingest, letters, told } = house({ bus: down });

    await expect(ingest.accept('fake', body(['a', '!b']))).rejects.toBe(down);
    expect(letters).toEqual([]);
    expect(told).toEqual([]);
  });

  it('may hold bytes that are no UTF-8, and begin with a byte order mark', async () => {
    const { ingest, batches } = house();

    await ingest.accept('fake', Buffer.concat([Buffer.from('\uFEFF["a'), Buffer.from([0xff]), Buffer.from('"]')]));

    expect(batches[0]!.alerts[0]!.alert_name).toBe('a\uFFFD');
  });
});

describe('a body with an invalid alert among valid ones', () => {
  it('is accepted, and the invalid one becomes a dead letter of its own', async () => {
    const { ingest, batches, letters, told } = house();

    const answer = await ingest.accept('fake', body(['a', '!b', 'c']), '10.0.0.9');

    expect(answer).toMatchObject({ accepted: 2, rejected: 1 });
    expect(batches[0]!.alerts.map((alert) => alert.alert_id)).toEqual([
      idOf(batches[0]!.batch_id, 0),
      idOf(batches[0]!.batch_id, 1),
    ]);
    expect(letters).toEqual([
      {
        source: 'fake',
        received_at: '2026-11-21T10:00:00.000Z',
        reason: '[1]: bad (sent by 10.0.0.9)',
        details: [{ path: '[1]', message: 'bad' }],
        body: expect.anything(),
      },
    ]);
    expect(textOf(letters[0])).toBe('"!b"');
    expect(told).toEqual(['fake accepted 2', 'fake rejected 1']);
  });

  it('is to be sent again when the dead letter cannot be kept', async () => {
    const { ingest } = house({ letters: new Error('disk full') });

    await expect(ingest.accept('fake', body(['a', '!b']))).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('costs a bounded number of dead letters', async () => {
    const { ingest, letters, told } = house();
    const items = ['a', ...Array.from({ length: 1_000 }, (_, index) => `!${index}`)];

    const answer = await ingest.accept('fake', body(items));

    expect(answer.rejected).toBe(1_000);
    expect(letters).toHaveLength(201);
    expect(letters[200]!.reason).toMatch(/^800 more invalid items/);
    expect(letters[200]!.details).toHaveLength(100);
    expect(textOf(letters[200])).toBe(JSON.stringify(items));
    expect(told).toContain('fake rejected 1000');
  });
});

describe('a body with nothing usable', () => {
  it.each([
    ['{"a" 1}', [{ path: '', message: 'not JSON at line 1, column 6' }]],
    ['', [{ path: '', message: 'expected JSON, came an empty body' }]],
    ['{}', [{ path: 'x', message: 'expected a list' }]],
    [
      '["!a","!b"]',
      [
        { path: '[0]', message: 'bad' },
        { path: '[1]', message: 'bad' },
      ],
    ],
    ['[]', []],
  ])('is refused with its places and kept whole: %s', async (text, details) => {
    const { ingest, batches, letters, told } = house();

    await expect(ingest.accept('fake', Buffer.from(text))).rejects.toMatchObject({ code: 'invalid', details });

    expect(batches).toEqual([]);
    expect(letters).toHaveLength(1);
    expect(letters[0]).toMatchObject({ source: 'fake', details });
    expect(letters[0]!.reason).not.toBe('');
    expect(textOf(letters[0])).toBe(text);
    expect(told).toEqual(['fake rejected 1']);
  });

  it.each(['{"a" 1}', '{}', '["!a"]'])('makes no second letter when it is replayed: %s', async (text) => {
    const { ingest, letters, told } = house();
    const replayed = ingest.replay('fake', Buffer.from(text), 'replay by ann');

    await expect(replayed).rejects.toMatchObject({ code: 'invalid', message: expect.stringMatching(/^fake: /) });
    expect(letters).toEqual([]);
    expect(told).toEqual([]);
  });

  it('is taken by a replay once it has become usable, and what is not becomes a letter of its own', async () => {
    const { ingest, batches, letters } = house();

    expect(await ingest.replay('fake', body(['a', '!b']), 'replay by ann')).toMatchObject({ accepted: 1, rejected: 1 });
    expect(batches).toHaveLength(1);
    expect(letters.map(textOf)).toEqual(['"!b"']);
    await expect(ingest.replay('gone', body([]), 'replay by ann')).rejects.toMatchObject({ code: 'not_found' });
  });

  it.each(['bus', 'kafka'])(
    'is the alert itself when the %s gave it up, told anew under an id of its own',
    async (by) => {
      const { ingest, batches, letters, told } = house();
      const alert = anAlert({
        alert_id: 'given-up',
        source_system: 'elsewhere',
        received_at: '2020-01-01T00:00:00.000Z',
      });

      const answer = await ingest.replay(by, Buffer.from(JSON.stringify(alert)), 'replay by ann');

      expect(answer).toMatchObject({ accepted: 1, rejected: 0, alerts: [{ fingerprint: alert.fingerprint }] });
      const [taken] = batches.flatMap((batch) => batch.alerts);
      expect(taken).toEqual({
        ...alert,
        alert_id: answer.alerts[0]!.alert_id,
        received_at: '2026-11-21T10:00:00.000Z',
      });
      expect(taken!.alert_id).not.toBe('given-up');
      expect([letters, told]).toEqual([[], [`${by} accepted 1`]]);
    },
  );

  it('is told by its shape when it was put onto a bus and is no alert of ours', async () => {
    const { ingest, batches, letters } = house();

    expect(await ingest.replay('kafka', body(['a']), 'replay by ann')).toMatchObject({ accepted: 1 });
    await expect(ingest.replay('kafka', Buffer.from('not json {'), 'replay by ann')).rejects.toMatchObject({
      code: 'invalid',
    });
    expect(batches).toHaveLength(1);
    expect(letters).toEqual([]);
  });

  it('is no alert by its words alone: only what a bus gave up is taken as it stands', async () => {
    const { ingest, batches } = house();
    const replayed = ingest.replay('fake', Buffer.from(JSON.stringify(anAlert())), 'replay by ann');
    await expect(replayed).rejects.toMatchObject({ code: 'invalid' });
    expect(batches).toEqual([]);
  });

  it('is kept byte for byte, and its error text quotes nothing of it', async () => {
    const { ingest, letters } = house();
    const bytes = Uint8Array.from([0x7b, 0x22, 0xff, 0x00, 0x70, 0x77]);

    const error = await ingest.accept('fake', bytes).catch((thrown: unknown) => thrown as Error);

    expect(Buffer.compare(letters[0]!.body, bytes)).toBe(0);
    expect((error as Error).message).toBe('fake: not JSON at line 1, column 4');
  });

  it('is no bad request while the dead letter cannot be kept: the sender would forget it', async () => {
    const { ingest } = house({ letters: new Error('disk full') });

    await expect(ingest.accept('fake', body({}))).rejects.toMatchObject({
      code: 'unavailable',
      cause: expect.objectContaining({ message: 'disk full' }),
    });
  });
});

it('does not know a source that is not there', async () => {
  const { ingest, letters } = house();

  await expect(ingest.accept('nagios', body([]))).rejects.toMatchObject({
    code: 'not_found',
    message: 'no source nagios; expected one of fake, other',
  });
  expect(letters).toEqual([]);
});

describe('a body without a named source', () => {
  it('goes to the first source that recognizes it and is there', async () => {
    const { ingest, told } = house();

    await ingest.acceptAny(body(['a']));

    expect(told).toEqual(['fake accepted 1']);
  });

  it.each([['{"some":"thing"}'], ['nonsense']])('that nobody recognizes is a dead letter: %s', async (text) => {
    const { ingest, letters } = house();

    await expect(ingest.acceptAny(Buffer.from(text))).rejects.toMatchObject({ code: 'invalid' });
    expect(letters).toEqual([expect.objectContaining({ source: 'unknown' })]);
  });
});

describe('a body that comes again byte for byte', () => {
  it('is not read again after the second time, and has new ids and times each time', async () => {
    const { ingest, source, clock, batches } = house();

    for (let time = 0; time < 4; time++) {
      await ingest.accept('fake', body(['a']));
      await clock.advance(1_000);
    }

    expect(source.parsed).toBe(2);
    const alerts = batches.map((batch) => batch.alerts[0]!);
    expect(new Set(alerts.map((alert) => alert.alert_id)).size).toBe(4);
    expect(alerts.map((alert) => alert.received_at.slice(17, 19))).toEqual(['00', '01', '02', '03']);
    expect(alerts[3]!.labels).toBe(alerts[2]!.labels);
    expect(Object.isFrozen(alerts[3]!.labels)).toBe(true);
  });

  it('is read by the source that it was sent to, not by the one it was sent to before', async () => {
    const { ingest, told } = house();

    for (const source of ['fake', 'fake', 'other', 'other', 'fake']) await ingest.accept(source, body(['a']));

    expect(told).toEqual([
      'fake accepted 1',
      'fake accepted 1',
      'other accepted 1',
      'other accepted 1',
      'fake accepted 1',
    ]);
  });

  it('is remarked upon each time', async () => {
    const { ingest, told } = house();

    for (let time = 0; time < 3; time++) await ingest.accept('fake', body(['odd']));

    expect(told.filter((line) => line.includes('remark'))).toHaveLength(3);
  });

  it.each([
    ['what is invalid in it was kept each time', ['a', '!b']],
    ['it began when it came', ['?a']],
  ])('is read anew where %s', async (_why, value) => {
    const { ingest, source, clock, batches } = house();

    for (let time = 0; time < 4; time++) {
      await ingest.accept('fake', body(value));
      await clock.advance(1_000);
    }

    expect(source.parsed).toBe(4);
    if (value[0] === '?a') expect(new Set(batches.map((batch) => batch.alerts[0]!.timestamp)).size).toBe(4);
  });

  it('is forgotten when many others came in between', async () => {
    const { ingest, source } = house();
    const twice = async (name: string): Promise<void> => {
      await ingest.accept('fake', body([name]));
      await ingest.accept('fake', body([name]));
    };

    await twice('first');
    for (let other = 0; other < 1_000; other++) await twice(`other ${other}`);
    const before = source.parsed;
    await ingest.accept('fake', body(['first']));

    expect(source.parsed).toBe(before + 1);
  });

  it('leaves the alerts of a real group as they were', async () => {
    const { sources } = await import('../source/registry.js');
    const module = sources.find((one) => one.name === 'alertmanager')!;
    const parser = module.create(module.config.parse(undefined));
    const batches: AlertBatch[] = [];
    const ingest = createIngest({
      sources: new Map([['alertmanager', parser]]),
      recognizers: sources,
      bus: { publish: async (batch) => void batches.push(batch) },
      deadLetters: { add: async () => 'id' },
      ids: createIds(
        () => 0,
        (length) => new Uint8Array(length),
      ),
      clock: new FakeClock(),
      meter: { accepted: () => undefined, rejected: () => undefined, remark: () => undefined },
    });

    for (let time = 0; time < 3; time++) await ingest.acceptAny(GROUP);

    const bare = batches.map((batch) => batch.alerts.map(({ alert_id: _, ...alert }) => alert));
    expect(bare[0]).toHaveLength(4);
    expect(bare[2]).toEqual(bare[0]);
    expect(batches[2]!.alerts[0]!.labels).toBe(batches[1]!.alerts[0]!.labels);
  });
});

describe('while nothing gets through', () => {
  /** A bus that takes nothing until it is let go. */
  function hangingBus() {
    const waiting: (() => void)[] = [];
    return {
      publish: () => new Promise<void>((resolve) => void waiting.push(resolve)),
      letGo: () => waiting.splice(0).forEach((resolve) => resolve()),
    };
  }

  it('refuses with `unavailable` after ten seconds, and leaves no timer', async () => {
    const bus = hangingBus();
    const { ingest, clock } = house(bus);
    const waiting = ingest.accept('fake', body(['a']));
    const refusal = expect(waiting).rejects.toMatchObject({ code: 'unavailable' });

    await clock.advance(10_000);

    await refusal;
    expect(clock.waiting).toBe(0);
  });

  it('refuses what has no room at once, also what others gave up waiting for, and takes it again when that is settled', async () => {
    const bus = hangingBus();
    const { ingest, clock, batches } = house(bus, { room: { max_deliveries: 2, max_bytes: 1_000_000 } });
    const given_up = [ingest.accept('fake', body(['a'])), ingest.accept('fake', body(['b']))];
    const refusals = Promise.all(given_up.map((each) => expect(each).rejects.toMatchObject({ code: 'unavailable' })));
    await clock.advance(10_000);
    await refusals;

    await expect(ingest.accept('fake', body(['c']))).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('2 deliveries wait'),
    });
    expect(() => ingest.checkRoom(1)).toThrow('2 deliveries wait');
    bus.letGo();
    await clock.advance(0);
    const taken = ingest.accept('fake', body(['c']));
    await clock.advance(0);
    bus.letGo();

    await expect(taken).resolves.toMatchObject({ accepted: 1 });
    expect(batches.map((batch) => batch.alerts[0]?.alert_name)).toEqual(['a', 'b', 'c']);
  });

  it('counts bytes too, but one body alone always has room', async () => {
    const bus = hangingBus();
    const { ingest, clock } = house(bus, { room: { max_deliveries: 10, max_bytes: 20 } });

    const large = ingest.accept('fake', body(['a'.repeat(100)]));
    await expect(ingest.accept('fake', body(['b']))).rejects.toMatchObject({ code: 'unavailable' });
    await clock.advance(0);
    bus.letGo();
    await expect(large).resolves.toMatchObject({ accepted: 1 });
    ingest.checkRoom(1_000);
  });

  it('gives the room of a refused body back', async () => {
    const { ingest } = house({}, { room: { max_deliveries: 1, max_bytes: 1_000 } });

    for (let turn = 0; turn < 3; turn++)
      await expect(ingest.accept('fake', body({}))).rejects.toMatchObject({ code: 'invalid' });
    await expect(ingest.accept('fake', body(['a']))).resolves.toMatchObject({ accepted: 1 });
  });
});
