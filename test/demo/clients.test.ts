import { Client } from '@elastic/elasticsearch';
import { Transport } from '@elastic/transport';
import nodemailer from 'nodemailer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startShop } from '../../src/demo/start-shop.js';
import type { Shop } from '../../src/demo/start-shop.js';
import { FakeClock } from '../helper/fake-clock.js';
import { until } from '../helper/until.js';

let shop: Shop;

beforeEach(async () => {
  shop = await startShop({ clock: new FakeClock(), seed: 7 });
});

afterEach(() => shop.stop());

/** Plain JSON headers, as every version and OpenSearch take them. */
class PlainTransport extends Transport {
  constructor(options: ConstructorParameters<typeof Transport>[0]) {
    const vendoredHeaders = {
      jsonContentType: 'application/json',
      ndjsonContentType: 'application/x-ndjson',
      accept: 'application/json',
    };
    super({ ...options, productCheck: undefined as unknown as string, vendoredHeaders });
  }
}

describe('the official Elasticsearch client', () => {
  it('introduces itself, searches, counts and searches several at once', async () => {
    const client = new Client({ node: shop.addresses.elasticsearch, Transport: PlainTransport });
    const query = {
      bool: {
        filter: [{ term: { 'service.name': 'payment-gateway' } }, { range: { '@timestamp': { gte: 'now-10m' } } }],
      },
    };
    const index = 'shop-logs-*';

    expect((await client.info()).version.number).toMatch(/^8\./);
    const found = await client.search({
      index,
      query,
      size: 3,
      sort: [{ '@timestamp': 'desc' }],
      track_total_hits: true,
      aggs: { errors: { filter: { term: { 'log.level': 'ERROR' } } } },
    });
    const counted = await client.count({ index, query });
    const several = await client.msearch({ searches: [{ index }, { query, size: 0 }, { index: 'none' }, { size: 0 }] });

    expect(found.hits.hits).toHaveLength(3);
    expect(found.hits.total).toEqual({ value: counted.count, relation: 'eq' });
    expect(several.responses.map((response) => response.status)).toEqual([200, 404]);
    await expect(client.search({ index: 'none' })).rejects.toMatchObject({
      statusCode: 404,
      message: expect.stringContaining('index_not_found_exception'),
    });
    await client.close();
  });
});

describe('nodemailer', () => {
  it('delivers a Chinese subject, HTML and many recipients to the sink', async () => {
    const { host, port } = shop.addresses.smtp;
    const transport = nodemailer.createTransport({ host, port, ignoreTLS: true });
    const subject = '支付网关高延迟故障排查 succeeded in 5.1 s: replicas 2 → 3, p99 1240 ms → 210 ms, alert resolved';
    const text = 'first line\n.\n..two dots\nlast line';
    await transport.sendMail({
      from: 'Fixpoint <fixpoint@example.com>',
      to: ['oncall@example.com', '值班@example.com'],
      subject,
      text,
      html: '<p>ok</p>',
    });
    transport.close();
    const [mail] = await until('the mail', () => (shop.mails().length > 0 ? shop.mails() : null));

    expect(mail).toMatchObject({
      from: 'fixpoint@example.com',
      to: ['oncall@example.com', '值班@example.com'],
      subject,
    });
    expect(mail?.raw).toContain('\r\n.\r\n..two dots\r\nlast line');
  });
});
