import { createSign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/helper/fake-clock.js';
import { FixpointError } from '../../domain/errors.js';
import { SILENT_LOG } from '../../domain/log.js';
import type { Fetched } from './aws-fetch.js';
import type { SnsPolicy } from './gate.js';
import { openSnsGate } from './gate.js';
import { isEnvelope, signedText } from './envelope.js';
import { snsAddress } from './signature.js';

const FIXTURE = join(import.meta.dirname, '../../../test/fixture');
const CERTIFICATE = readFileSync(join(FIXTURE, 'tls/sns.crt'), 'utf8');
const KEY = readFileSync(join(FIXTURE, 'tls/sns.key'), 'utf8');
const TOPIC = 'arn:aws:sns:us-east-1:123456789012:alarms';
const LENIENT: SnsPolicy = { verify_signature: 'when_possible', topics: [] };
const STRICT: SnsPolicy = { verify_signature: true, topics: [] };

type Message = Record<string, unknown>;

function message(name: string, over: Message = {}): Message {
  return { ...(JSON.parse(readFileSync(join(FIXTURE, `cloudwatch/${name}.json`), 'utf8')) as Message), ...over };
}

/** The message as SNS would sign it. */
function signed(of: Message, version: '1' | '2' = '1'): Message {
  if (!isEnvelope(of)) throw new Error('no envelope');
  const text = signedText(of)!;
  const signature = createSign(version === '1' ? 'RSA-SHA1' : 'RSA-SHA256')
    .update(text)
    .sign(KEY, 'base64');
  return { ...of, SignatureVersion: version, Signature: signature };
}

let asked: string[];
let answer: (url: URL) => Fetched;
let clock: FakeClock;

beforeEach(() => {
  asked = [];
  clock = new FakeClock();
  answer = (url) => ({
    status: 200,
    text: url.pathname.endsWith('.pem') ? CERTIFICATE : '<ConfirmSubscriptionResponse/>',
  });
});

function gate(policy: SnsPolicy = LENIENT) {
  return openSnsGate(policy, {
    clock,
    log: SILENT_LOG,
    fetch: {
      get: async (url) => {
        asked.push(url.href);
        return answer(url);
      },
      stop: async () => undefined,
    },
  });
}

function noWay(): Fetched {
  throw new FixpointError('unavailable', 'no answer');
}

describe('a message of SNS', () => {
  it.each(['1', '2'] as const)(
    'passes with its signature of version %s, and its certificate is fetched once',
    async (version) => {
      const one = gate(STRICT);

      await one.pass(signed(message('sns-alarm'), version));
      await one.pass(signed(message('sns-ok', { Subject: undefined }), version));

      expect(asked).toEqual([message('sns-alarm')['SigningCertURL']]);
    },
  );

  it.each([
    ['another message', { Message: '{"AlarmName":"forged"}' }],
    ['another subject', { Subject: 'forged' }],
    ['no subject where one was signed', { Subject: undefined }],
    ['another time', { Timestamp: '2030-01-01T00:00:00.000Z' }],
    ['another topic', { TopicArn: 'arn:aws:sns:us-east-1:999999999999:mine' }],
    ['the other version', { SignatureVersion: '2' }],
    ['a version that there is not', { SignatureVersion: '3' }],
    ['no signature', { Signature: undefined }],
    ['a signature that is no text', { Signature: 7 }],
    ['a field that is no text', { MessageId: 7 }],
  ])('is refused with %s', async (_what, over) => {
    for (const policy of [LENIENT, STRICT])
      await expect(gate(policy).pass({ ...signed(message('sns-alarm')), ...over })).rejects.toMatchObject({
        code: 'forbidden',
      });
  });

  it.each([
    'https://sns.us-east-1.amazonaws.com.evil.example/SimpleNotificationService-1.pem',
    'https://evil.example/SimpleNotificationService-1.pem',
    'http://sns.us-east-1.amazonaws.com/SimpleNotificationService-1.pem',
    'https://sns.us-east-1.amazonaws.com:8443/SimpleNotificationService-1.pem',
    'https://sns.us-east-1.amazonaws.com@evil.example/SimpleNotificationService-1.pem',
    'https://sns.s3-us-west-2.amazonaws.com/SimpleNotificationService-1.pem',
    'https://sns.s3.amazonaws.com/SimpleNotificationService-1.pem',
    'https://sns.us-east-1.amazonaws.com/?x=.pem',
    'https://sns.us-east-1.amazonaws.com/a/b.pem',
    'https://127.0.0.1/SimpleNotificationService-1.pem',
    'file:///etc/ssl/a.pem',
    'nonsense',
    7,
    null,
  ])('is refused with the certificate of %s, and nothing is asked there', async (SigningCertURL) => {
    const forged = signed(message('sns-alarm', { SigningCertURL }));

    await expect(gate().pass(forged)).rejects.toMatchObject({ code: 'forbidden' });
    expect(asked).toEqual([]);
  });

  it('without any signature passes by the credential of its request, unless the configuration is strict', async () => {
    const bare = message('sns-alarm', { Signature: undefined, SigningCertURL: undefined });

    await expect(gate(LENIENT).pass(bare)).resolves.toBeUndefined();
    await expect(gate(STRICT).pass(bare)).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('passes by the credential of its request while its certificate cannot be fetched, which is not tried again at once', async () => {
    answer = noWay;
    const lenient = gate(LENIENT);

    await lenient.pass(signed(message('sns-alarm')));
    await lenient.pass(signed(message('sns-alarm')));
    expect(asked).toHaveLength(1);
    await expect(gate(STRICT).pass(signed(message('sns-alarm')))).rejects.toMatchObject({ code: 'unavailable' });

    await clock.advance(31_000);
    answer = () => ({ status: 200, text: CERTIFICATE });
    await expect(lenient.pass({ ...signed(message('sns-alarm')), Message: '{}' })).rejects.toMatchObject({
      code: 'forbidden',
    });
  });

  it.each([
    ['another answer', { status: 403, text: '<Error/>' }],
    ['what is no certificate', { status: 200, text: 'hello' }],
  ])('cannot be looked at when AWS gives %s', async (_what, fetched) => {
    answer = () => fetched;

    await expect(gate(STRICT).pass(signed(message('sns-alarm')))).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('of a topic that is not listed is refused before anything is asked', async () => {
    const policy: SnsPolicy = {
      verify_signature: 'when_possible',
      topics: ['arn:aws:sns:eu-west-1:123456789012:other'],
    };

    await expect(gate(policy).pass(signed(message('sns-alarm')))).rejects.toMatchObject({ code: 'forbidden' });
    expect(asked).toEqual([]);
  });

  it('is not looked at where the configuration says so', async () => {
    await gate({ verify_signature: false, topics: [] }).pass(message('sns-alarm'));

    expect(asked).toEqual([]);
  });
});

it('a bare alarm passes by the credential of its request, unless the configuration is strict', async () => {
  await expect(gate(LENIENT).pass(message('raw-delivery'))).resolves.toBeUndefined();
  await expect(gate(STRICT).pass(message('raw-delivery'))).rejects.toMatchObject({ code: 'forbidden' });
});

describe('the confirmation of a subscription', () => {
  const CONFIRMATION = message('sns-subscription-confirmation');

  it('is answered where SNS says, once it is known to be from SNS', async () => {
    await gate().pass(signed(CONFIRMATION));

    expect(asked).toEqual([CONFIRMATION['SigningCertURL'], new URL(String(CONFIRMATION['SubscribeURL'])).href]);
  });

  it('is not answered when it is forged', async () => {
    await expect(gate().pass({ ...signed(CONFIRMATION), Token: 'x' })).rejects.toMatchObject({ code: 'forbidden' });
    expect(asked).toEqual([CONFIRMATION['SigningCertURL']]);
  });

  it.each([
    'https://evil.example/?Action=ConfirmSubscription',
    'http://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription',
    'https://sns.us-east-1.amazonaws.com/?Action=DeleteTopic',
    'http://169.254.169.254/latest/meta-data/?Action=ConfirmSubscription',
    undefined,
  ])('is refused and not asked for at %s', async (SubscribeURL) => {
    const bare = { ...CONFIRMATION, SubscribeURL, Signature: undefined, SigningCertURL: undefined };

    await expect(gate().pass(bare)).rejects.toMatchObject({ code: 'forbidden' });
    expect(asked).toEqual([]);
  });

  it.each([
    [403, 'invalid'],
    [500, 'unavailable'],
    [302, 'unavailable'],
  ])('that SNS answers with %i is %s', async (status, code) => {
    answer = (url) => (url.pathname.endsWith('.pem') ? { status: 200, text: CERTIFICATE } : { status, text: '' });

    await expect(gate().pass(signed(CONFIRMATION))).rejects.toMatchObject({ code });
  });

  it('of the end of a subscription is not answered: that would subscribe again', async () => {
    await gate().pass(signed(message('sns-unsubscribe-confirmation')));

    expect(asked).toHaveLength(1);
  });
});

describe('a signature as the only credential', () => {
  const POLICY: SnsPolicy = { verify_signature: 'when_possible', topics: [TOPIC] };
  const proves = (policy: SnsPolicy, of: unknown) =>
    gate(policy).proof?.proves({ headers: {}, body: Buffer.from(typeof of === 'string' ? of : JSON.stringify(of)) });

  it('is none unless topics are listed: anybody can have a topic', () => {
    expect(gate(LENIENT).proof).toBeUndefined();
    expect(gate({ verify_signature: false, topics: [TOPIC] }).proof).toBeUndefined();
    expect(gate(POLICY).proof?.header).toBe('x-amz-sns-message-type');
  });

  it('counts for a listed topic', async () => {
    expect(await proves(POLICY, signed(message('sns-alarm')))).toBe(true);
  });

  it.each([
    ['another topic', { TopicArn: 'arn:aws:sns:us-east-1:999999999999:mine' }],
    ['no signature', { Signature: undefined, SigningCertURL: undefined }],
    ['another type', { Type: 'Other' }],
  ])('does not count for a message with %s', async (_what, over) => {
    expect(await proves(POLICY, { ...signed(message('sns-alarm')), ...over })).toBe(false);
  });

  it('is refused when it is wrong, and when it cannot be looked at', async () => {
    await expect(proves(POLICY, { ...signed(message('sns-alarm')), Message: '{}' })).rejects.toMatchObject({
      code: 'forbidden',
    });
    answer = noWay;
    await expect(proves(POLICY, signed(message('sns-alarm')))).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('does not count for what is no JSON', async () => {
    expect(await proves(POLICY, '{"Type"')).toBe(false);
  });
});

it.each([
  ['https://sns.us-east-1.amazonaws.com/', true],
  ['https://sns.us-gov-west-1.amazonaws.com/', true],
  ['https://sns.cn-north-1.amazonaws.com.cn/', true],
  ['https://sns.ap-southeast-2.amazonaws.com/', true],
  ['https://sns.amazonaws.com/', false],
  ['https://sqs.us-east-1.amazonaws.com/', false],
  ['https://x.sns.us-east-1.amazonaws.com/', false],
])('the address %s is one of SNS: %s', (address, expected) => {
  expect(snsAddress(address) !== null).toBe(expected);
});
