import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Loopback } from '../../../test/helper/loopback.js';
import { openLoopback } from '../../../test/helper/loopback.js';
import { until } from '../../../test/helper/until.js';
import type { AwsFetch } from './aws-fetch.js';
import { openAwsFetch } from './aws-fetch.js';

let aws: Loopback;
let fetch: AwsFetch;

beforeEach(async () => {
  aws = await openLoopback();
  fetch = openAwsFetch(2_000);
});
afterEach(async () => {
  await fetch.stop();
  await fetch.stop();
  await aws.close();
});

it('answers what is there, and follows nothing elsewhere', async () => {
  aws.answer(({ url }) =>
    url.pathname === '/moved' ? { status: 302, headers: { location: `${aws.url}/a.pem` }, text: '' } : { text: 'PEM' },
  );

  expect(await fetch.get(new URL(`${aws.url}/a.pem`))).toEqual({ status: 200, text: 'PEM' });
  expect((await fetch.get(new URL(`${aws.url}/moved`))).status).toBe(302);
  expect(aws.received.map(({ method, url }) => `${method} ${url.pathname}`)).toEqual(['GET /a.pem', 'GET /moved']);
});

it.each(['cut', 'close', 'flood', 'hang'] as const)('is unavailable when the answer is: %s', async (reply) => {
  aws.answer(reply);

  await expect(fetch.get(new URL(`${aws.url}/a.pem`))).rejects.toMatchObject({ code: 'unavailable' });
});

it('asks four things at a time and no more; stopping ends them', async () => {
  aws.answer('hang');
  const asked = Array.from({ length: 4 }, (_, index) => fetch.get(new URL(`${aws.url}/${index}`)));
  const ended = Promise.allSettled(asked);

  await expect(fetch.get(new URL(`${aws.url}/5`))).rejects.toMatchObject({ code: 'unavailable' });
  await until('four questions', () => aws.received.length === 4);
  await fetch.stop();

  expect((await ended).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected', 'rejected']);
});
