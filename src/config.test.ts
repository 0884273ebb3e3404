import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from './config.js';
import { messageOf } from './domain/errors.js';

describe('the configuration', () => {
  let directory = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'fixpoint-config-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  function refusalOf(text: string | Uint8Array, env: Record<string, string> = {}): string {
    writeFileSync(join(directory, 'fixpoint.yaml'), text);
    try {
      loadConfig({ file: null, env, cwd: directory });
    } catch (error) {
      return messageOf(error);
    }
    return 'not refused';
  }

  it('names an unknown key and the one that was probably meant', () => {
    expect(refusalOf('defualt_mode: auto\n')).toContain(
      'defualt_mode: unknown key defualt_mode (did you mean default_mode?)',
    );
  });

  it('knows the keys of a part that has defaults', () => {
    expect(refusalOf('kafka: {brokerss: [a]}\n')).toContain('unknown key brokerss (did you mean brokers?)');
    expect(refusalOf('schedule: {zzz: 1}\n')).toContain('unknown key zzz; expected one of lease');
  });

  it.each([
    ['{tls: {ca: /etc/ca.pem}}', 'kafka.tls.ca: expected a PEM text; ${file:/path/of/it.pem} puts a file in'],
    ['{tls: {cert: hunter2, key: hunter2}}', 'kafka.tls.key: expected a PEM text'],
    ['{tls: {cert: "-----BEGIN CERTIFICATE-----hunter2"}}', 'kafka.tls: expected cert and key together'],
    ['{tls: hunter2}', 'kafka.tls: expected true, false, or a map of ca, cert, key and reject_unauthorized'],
    ['{sasl: {mechanism: gssapi, username: a, password: hunter2}}', 'kafka.sasl.mechanism: expected plain, scram-'],
    ['{sasl: {mechanism: plain, username: a}}', 'kafka.sasl.password: password is missing'],
    ['{sasl: {mechanism: plain, username: "", password: hunter2}}', 'kafka.sasl.username: expected at least 1'],
    ['{run_events: sometimes}', 'kafka.run_events: expected true or false'],
  ])('tells what is wrong with kafka: %s, and nothing secret', (kafka, expected) => {
    const refusal = refusalOf(`kafka: ${kafka}\n`);

    expect(refusal).toContain(expected);
    expect(refusal).not.toContain('hunter2');
  });

  it('tells every fault at once, each with its key, what was expected and what came', () => {
    const text = refusalOf('language: 5\nexecutors:\n  prometheus: {url: 5}\nnotifiers:\n  email: {host: x}\n');
    expect(text).toContain('language: expected en or zh, came the number 5');
    expect(text).toMatch(/executors\.prometheus\.url: expected .*, came the number 5/);
    expect(text).toMatch(/notifiers\.email\.from: from is missing/);
    expect(text).toMatch(/notifiers\.email\.to: to is missing/);
  });

  it('refuses a lease that would end between two looks', () => {
    expect(refusalOf('schedule: {lease: 500ms}\n')).toContain('schedule.lease: expected at least 3s');
    expect(refusalOf('schedule: {lease: 3s}\n')).toBe('not refused');
  });

  it('takes ages and numbers of what is kept, and 0 for no limit', () => {
    for (const alerts of ['7d', '36h', '0', '"0"', '0d'])
      expect([alerts, refusalOf(`retention: {alerts: ${alerts}, max_alerts: 0}\n`)]).toEqual([alerts, 'not refused']);
    expect(refusalOf('retention: {alerts: "${AGE}", max_runs: "${MANY}"}\n', { AGE: '0', MANY: '10' })).toBe(
      'not refused',
    );
    expect(refusalOf('retention: {alerts: 30}\n')).toMatch(
      /retention\.alerts: expected a duration .*came the number 30/,
    );
    expect(refusalOf('retention: {runs: month}\n')).toMatch(/retention\.runs: expected a duration such as 12h or 30d/);
    expect(refusalOf('retention: {audit: null}\n')).toMatch(/retention\.audit: expected a duration/);
    expect(refusalOf('retention: {max_runs: -1}\n')).toMatch(/retention\.max_runs: expected/);
    expect(refusalOf('retention: {deadletters: 1d}\n')).toContain('did you mean dead_letters?');
  });

  it('names the environment variable that a wrong value came from', () => {
    expect(refusalOf('', { PORT: 'abc' })).toMatch(/port: expected .* \(from the environment variable PORT\)/);
  });

  it.each([
    'nonsense',
    'k1:9092,nonsense',
    'k1:9092,',
    'k1:0',
    'k1:70000',
    'k1:',
    ':9092',
    'kafka://k1:9092',
    '[::1]:9092',
    'k1:9092 k2:9092',
  ])('refuses %j as a list of brokers, and says what a broker looks like', (brokers) => {
    const index = brokers.startsWith('k1:9092,') ? 1 : 0;
    const expected = `kafka.brokers.${index}: expected host:port such as kafka-1:9092; an IPv6 address needs a name that stands for it`;
    expect(refusalOf('', { KAFKA_BROKERS: brokers })).toContain(
      `${expected} (from the environment variable KAFKA_BROKERS)`,
    );
    expect(refusalOf(`kafka: {brokers: ${JSON.stringify(brokers.split(','))}}\n`)).toContain(expected);
  });

  it('takes brokers by name and by IPv4 address', () => {
    expect(refusalOf('', { KAFKA_BROKERS: 'kafka-1.example.com:9092, my_broker:19092,10.0.0.1:65535' })).toBe(
      'not refused',
    );
  });

  it('takes what is put in as what the setting needs', () => {
    writeFileSync(join(directory, 'partitions'), '12\n');
    const text = `port: \${PORT_HERE}
admin_token: \${DIGITS}
kafka: {partitions: "\${file:partitions}", tls: {reject_unauthorized: "\${OFF}"}}
storm: {starts_per_minute: "\${ZERO}"}
public_url: http://example.com:\${PORT_HERE}
`;
    writeFileSync(join(directory, 'fixpoint.yaml'), text);
    const env = { PORT_HERE: '9191', OFF: 'false', DIGITS: '1234567890123456', ZERO: '0' };
    const { settings } = loadConfig({ file: null, env, cwd: directory });

    expect(settings).toMatchObject({
      port: 9191,
      admin_token: '1234567890123456',
      kafka: { partitions: 12, tls: { reject_unauthorized: false } },
      storm: { starts_per_minute: 0 },
      public_url: 'http://example.com:9191',
    });
    writeFileSync(join(directory, 'fixpoint.yaml'), 'kafka: {tls: "${ON}"}\n');
    expect(loadConfig({ file: null, env: { ON: 'true' }, cwd: directory }).settings.kafka.tls).toBe(true);
  });

  it('names the placeholder of a value that does not fit', () => {
    expect(refusalOf('port: ${P}\n', { P: 'hunter2' })).toContain('port: expected a number (from ${P})');
    expect(refusalOf('port: ${P}\n', { P: '70000' })).toContain(
      'port: expected at most 65535, came the number 70000 (from ${P})',
    );
    expect(refusalOf('port: ${P}\n', { P: 'x', PORT: 'y' })).toContain('(from the environment variable PORT)');
    const url = refusalOf('database_url: ${T}\n', { T: '12345' });
    expect(url).toContain('database_url: expected postgres://… (from ${T})');
    expect(url).not.toContain('12345');
  });

  it('never repeats a text that came, which may be a secret', () => {
    const text = refusalOf('admin_token: [tiny-secret]\nnotifiers:\n  slack: {url: hunter2}\n', {
      DATABASE_URL: 'mysql://u:hunter2@db/x',
    });
    expect(text).toContain('admin_token: ');
    expect(text).toContain('database_url: expected postgres://…');
    expect(text).not.toMatch(/hunter2|tiny-secret/);
  });

  it.each<[string, string | Uint8Array, RegExp]>([
    ['bytes that are no UTF-8', Buffer.from([0x68, 0x3a, 0x20, 0xff]), /fixpoint\.yaml: expected UTF-8/],
    ['a second document', 'port: 1\n---\nport: 2\n', /fixpoint\.yaml:2:1: .*expected one document, came a second one/],
    [
      'an alias bomb',
      `a: &a [${'x,'.repeat(20)}]\nb: &b [${'*a,'.repeat(20)}]\nc: &c [${'*b,'.repeat(20)}]\n`,
      /fixpoint\.yaml: aliases repeat more than 100 parts/,
    ],
  ])('refuses %s, and names the file', (_what, content, expected) => {
    expect(refusalOf(content)).toMatch(expected);
  });

  it('says which file it is that cannot be read', () => {
    expect(() => loadConfig({ file: directory, env: {}, cwd: directory })).toThrow(
      `${directory} cannot be read: EISDIR`,
    );
  });

  it('refuses a secret whose file holds no UTF-8, names key and file, and shows none of it', () => {
    writeFileSync(join(directory, 'token'), Buffer.from('hunter2 \xfc\xe9', 'latin1'));
    const text = refusalOf('admin_token: ${file:token}\n');
    expect(text).toContain(`admin_token: ${join(directory, 'token')}: expected UTF-8, came bytes that are none`);
    expect(text).not.toContain('hunter2');
  });

  it('says in words which letters a prefix of topics may have', () => {
    expect(refusalOf('kafka: {topic_prefix: a b}\n')).toContain('topic_prefix: expected letters, digits, ., _ and -');
  });

  it('gives the place of what is not YAML, and none of its text', () => {
    const text = refusalOf('a: [1\nb: "hunter2\n');
    expect(text).toMatch(/fixpoint\.yaml:\d+:\d+: not valid YAML: /);
    expect(text).not.toMatch(/hunter2|at line/);
  });
});
