import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import vm from 'node:vm';
import { describe, expect, it } from 'vitest';
import { zabbix } from './zabbix.js';

const DOCS = join(import.meta.dirname, '../../../docs');
const SCRIPT = readFileSync(join(DOCS, 'zabbix-media-type.js'), 'utf8');
const IMPORT = readFileSync(join(DOCS, 'zabbix-media-type.yaml'), 'utf8');
const NOW = Date.parse('2026-11-21T10:00:00.000Z');

interface Posted {
  readonly url: string;
  readonly body: string;
  readonly headers: readonly string[];
}

/** Runs the script as Zabbix does: parameters as JSON text in `value`, its few globals, nothing else. */
function run(parameters: Record<string, string>, status = 202): Posted {
  const posted: { url: string; body: string }[] = [];
  const headers: string[] = [];
  class HttpRequest {
    addHeader(header: string): void {
      headers.push(header);
    }
    setProxy(proxy: string): void {
      headers.push(`proxy ${proxy}`);
    }
    post(url: string, body: string): string {
      posted.push({ url, body });
      return '{"error":{}}';
    }
    getStatus(): number {
      return status;
    }
  }
  const hmac = (kind: string, key: string, text: string): string => createHmac(kind, key).update(text).digest('hex');
  const globals = { value: JSON.stringify(parameters), HttpRequest, hmac, Zabbix: { log: () => undefined } };
  vm.runInNewContext(`(function (value) {${SCRIPT}\n})(value)`, globals, { timeout: 5_000 });
  return { ...posted[0]!, headers };
}

/** The recorded problem as Zabbix hands it to the script: text everywhere, macros without a value as they are. */
function parameters(over: Record<string, string> = {}): Record<string, string> {
  const { data } = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../../test/fixture/payloads/zabbix-problem.json'), 'utf8'),
  );
  const texts = Object.entries(data).map(([key, value]) => {
    if (value === null) return [key, `{${key.toUpperCase().replaceAll('_', '.')}}`];
    return [key, typeof value === 'string' ? value : JSON.stringify(value)];
  });
  return { ...Object.fromEntries(texts), fixpoint_url: 'http://fixpoint:8080/api/v1/webhooks/zabbix', ...over };
}

function alertOf(posted: Posted): unknown {
  const result = zabbix.create(zabbix.config.parse(undefined)).parse(JSON.parse(posted.body), NOW);
  return 'unusable' in result ? result.unusable : result.alerts[0];
}

describe('the media type of the documentation', () => {
  it('sends what the source understands', () => {
    const posted = run(parameters({ fixpoint_token: 'fixpoint-token' }));

    expect(posted.url).toBe('http://fixpoint:8080/api/v1/webhooks/zabbix');
    expect(posted.headers).toEqual(['Content-Type: application/json', 'Authorization: Bearer fixpoint-token']);
    expect(alertOf(posted)).toMatchObject({
      alert_name: 'High error rate on Checkout 01 (生产): 12.35 %',
      status: 'firing',
      service_name: 'checkout',
      metric_value: 12.35,
      ends_at: null,
      labels: { env: 'prod', host: 'checkout-01', event_id: '1' },
    });
    expect(posted.body).not.toMatch(/fixpoint-token|\{EVENT\./);
  });

  it('signs the body alone, whatever characters it holds', () => {
    const { body, headers } = run(parameters({ fixpoint_secret: 's3cret', event_name: 'é 生产 \u{1F525}' }));

    const signature = createHmac('sha256', 's3cret').update(Buffer.from(body)).digest('hex');
    expect(headers).toContain(`X-Fixpoint-Signature: sha256=${signature}`);
    expect(body).toMatch(/^[ -~]*$/);
    expect(JSON.parse(body).data.event_name).toBe('é 生产 \u{1F525}');
    expect(body).not.toContain('s3cret');
  });

  it.each([
    [{ event_update_status: '1', event_value: '1' }, 'update', 'firing'],
    [{ event_update_status: '1', event_value: '0' }, 'update', 'resolved'],
    [{ event_update_status: '0', event_value: '0' }, 'recovery', 'resolved'],
    [{ event_update_status: '0', event_value: '1' }, 'problem', 'firing'],
  ])('tells the kind: %j', (over, kind, status) => {
    const posted = run(parameters(over));

    expect(JSON.parse(posted.body).kind).toBe(kind);
    expect(alertOf(posted)).toMatchObject({ status });
  });

  it.each([[400], [401], [503], [200]])('fails on HTTP %d, so that Zabbix shows it and tries again', (status) => {
    expect(() => run(parameters(), status)).toThrow(`Fixpoint webhook failed: HTTP ${status}`);
  });

  it('says what it needs when the address is missing', () => {
    expect(() => run(parameters({ fixpoint_url: '' }))).toThrow(/parameter "fixpoint_url" must be the address/);
  });

  it('is the one in the file to import', () => {
    const indented = SCRIPT.trimEnd()
      .split('\n')
      .map((line) => (line === '' ? '' : `        ${line}`));

    expect(IMPORT).toContain(`      script: |\n${indented.join('\n')}\n`);
  });

  it('is given every field that the source reads', () => {
    const read = ['zabbix.ts', 'tags.ts']
      .map((file) => readFileSync(join(import.meta.dirname, file), 'utf8'))
      .flatMap((code) => code.match(/'(?:event|trigger|host|item|user|zabbix)_[a-z_]+'/g) ?? [])
      .map((quoted) => quoted.slice(1, -1))
      .filter((name) => !['host_group', 'event_recovery', 'event_tag_service'].includes(name));

    const given = Array.from(IMPORT.matchAll(/^ {10}name: (\w+)$/gm), ([, name]) => name);

    expect(read.length).toBeGreaterThan(25);
    expect(read.filter((name) => !given.includes(name))).toEqual([]);
    expect(given).toEqual(
      expect.arrayContaining(['event_date', 'event_time', 'event_recovery_date', 'event_recovery_time', 'timezone']),
    );
  });
});
