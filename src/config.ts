import { existsSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import { z } from 'zod';
import { Duration, parseDuration } from './domain/duration.js';
import { FixpointError } from './domain/errors.js';
import { intakeEntries } from './domain/alert/intake-entry.js';
import type { ErrorDetail } from './domain/errors.js';
import { IncidentsConfig } from './domain/incident/incident-rules.js';
import { Mode } from './domain/playbook/playbook.js';
import { schemaProblems } from './domain/schema-problem.js';
import { executorModules } from './executor/registry.js';
import { NotifiersConfig } from './notifier/registry.js';
import { FlappingConfig, GroupingConfig, NotifyUnmatched, StormConfig } from './limits-config.js';
import { sources } from './source/registry.js';
import { substitute, takeAsNeeded } from './substitute.js';
import type { Substituted } from './substitute.js';
import { readUtf8 } from './utf8-file.js';

const Level = z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']);

/** A name or an IPv4 address, and a port: the Kafka client takes what stands before the first colon for the host. */
const Broker = z
  .string()
  .refine(isBroker, 'expected host:port such as kafka-1:9092; an IPv6 address needs a name that stands for it');

const TLS = 'expected true, false, or a map of ca, cert, key and reject_unauthorized';

/** A PEM text, not the name of a file: that would be found out only when brokers are dialed, in words about something else. */
function pem(kind: string): z.ZodType<string> {
  const begin = new RegExp(`-----BEGIN ${kind}-----`);
  return z.string().regex(begin, 'expected a PEM text; ${file:/path/of/it.pem} puts a file in');
}

const KafkaTls = z
  .strictObject({
    ca: pem('(TRUSTED )?CERTIFICATE').optional(),
    cert: pem('(TRUSTED )?CERTIFICATE').optional(),
    key: pem('([A-Z]+ )?PRIVATE KEY').optional(),
    reject_unauthorized: z.boolean().optional(),
  })
  .refine(({ cert, key }) => (cert === undefined) === (key === undefined), {
    error: 'expected cert and key together: who shows a certificate needs its key',
  });

const Kafka = z.strictObject({
  brokers: z.array(Broker).min(1).max(100).optional().describe('host:port; set: Kafka, unset: in-process'),
  topic_prefix: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,100}$/, 'expected letters, digits, ., _ and -, at most 100')
    .default('fixpoint'),
  partitions: z.int().min(1).max(1_000).default(6),
  replication: z.int().min(1).max(10).default(1),
  run_events: z
    .boolean()
    .default(true)
    .describe('Whether every event of a run is published for other consumers, on <topic_prefix>.run-events'),
  tls: z
    .union([z.boolean(), KafkaTls], { error: TLS })
    .default(false)
    .describe('true: the system’s authorities are trusted'),
  sasl: z
    .strictObject({
      mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']),
      username: z.string().min(1),
      password: z.string().min(1),
    })
    .optional(),
});

/** How long something is kept; 0 switches this limit off, as everywhere. */
const AGE = 'expected a duration such as 12h or 30d, or 0 to keep it whatever its age';
const KeptFor = z.union(
  [z.literal(0), z.string().refine((text) => text === '0' || parseDuration(text) !== null, { error: AGE })],
  { error: AGE },
);
const KeptAtMost = z.int().min(0).max(1_000_000_000).describe('How many; 0 is no limit');

/** Everything that can be configured. Each source, executor and notifier brings its own slice. */
export const Settings = z.strictObject({
  host: z.string().min(1).default('127.0.0.1'),
  port: z.int().min(0).max(65_535).default(8080),
  public_url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Where people reach Fixpoint; stands in the links of reports'),
  database_url: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'expected postgres://…')
    .optional()
    .describe('Set: a real Postgres; unset: the embedded store in data_dir'),
  data_dir: z.string().min(1).default('./data'),
  playbooks_dir: z.string().min(1).default('./playbooks'),
  log_level: Level.default('info'),
  admin_token: z.string().min(1, 'expected a token, or nothing at all').optional(),
  kafka: Kafka.prefault({}),
  default_mode: Mode.default('shadow').describe('For playbooks that name no mode'),
  language: z.enum(['en', 'zh']).default('en').describe('Of reports and notices'),
  max_runs_per_occurrence: z.int().min(1).max(100).default(1),
  body_limit: z
    .int()
    .min(1_024)
    .max(64 * 1024 * 1024)
    .default(5 * 1024 * 1024)
    .describe('Bytes of a webhook body, at most'),
  session_life: Duration.refine((text) => (parseDuration(text) ?? 0) >= 60_000, 'expected at least 1m')
    .refine((text) => (parseDuration(text) ?? Infinity) <= 365 * 86_400_000, 'expected at most 365d')
    .default('12h')
    .describe('How long a browser stays signed in'),
  // A lease that is hardly longer than the look that renews it would end all the time.
  schedule: z
    .strictObject({
      lease: Duration.refine((text) => (parseDuration(text) ?? Infinity) >= 3_000, 'expected at least 3s').default(
        '15s',
      ),
      verify_within: Duration.default('5m').describe(
        "How long after the last write the alert's own condition may take to be over",
      ),
      verify_hold: Duration.default('30s').describe('How long it has to stay over'),
    })
    .prefault({}),
  report: z
    .strictObject({
      notify: z.array(z.string()).max(20).optional().describe('Who hears of runs; unset: every configured notifier'),
    })
    .prefault({}),
  secrets: z
    .record(
      z.string().regex(/^[a-z_][a-z0-9_]*$/, 'expected small letters, digits and _, no digit first'),
      z.strictObject({ value: z.string().min(1), playbooks: z.array(z.string()).min(1).max(1_000) }),
    )
    .default({})
    .describe('What playbooks may reach as {{ secrets.name }}'),
  storm: StormConfig.prefault({}),
  flapping: FlappingConfig.prefault({}),
  ...GroupingConfig,
  retention: z
    .strictObject({
      alerts: KeptFor.default('30d').describe('Alerts, their repeats, and ended occurrences'),
      runs: KeptFor.default('90d').describe('Finished runs with their events'),
      dead_letters: KeptFor.default('30d'),
      audit: KeptFor.default('365d'),
      max_alerts: KeptAtMost.default(1_000_000),
      max_runs: KeptAtMost.default(200_000),
      max_dead_letters: KeptAtMost.default(10_000),
      max_audit: KeptAtMost.default(1_000_000),
    })
    .prefault({})
    .describe('The oldest go first; what is open stays'),
  payloads: z
    .strictObject({
      keep: z.boolean().default(true).describe('Whether bodies of deliveries are kept, for people to look at'),
      max_age: KeptFor.default('7d').describe('Since a body came last'),
      max_bytes: z
        .int()
        .min(0)
        .max(1024 ** 4)
        .default(256 * 1024 * 1024)
        .describe('What they may take in the database, about, compressed; 0 is no limit'),
    })
    .prefault({})
    .describe('Bodies as they came, best effort, beside the alerts: docs/alerts.md'),
  incidents: IncidentsConfig.prefault({}).describe('Alerts that belong together: docs/incidents.md'),
  notify_unmatched: NotifyUnmatched.optional(),
  sources: z
    .strictObject(Object.fromEntries(sources.map((source) => [source.name, source.config.optional()])))
    .prefault({}),
  intake: intakeEntries(sources.map((source) => source.name))
    .default([])
    .describe('What is done to alerts before they are stored, in this order: docs/intake.md'),
  metric_from_text: z
    .boolean()
    .default(true)
    .describe('Whether an alert without a figure takes the one that its description gives as its value'),
  executors: z
    .strictObject(Object.fromEntries(executorModules.map((module) => [module.name, module.config.optional()])))
    .prefault({}),
  notifiers: NotifiersConfig.prefault({}),
});
export type Settings = z.infer<typeof Settings>;

/** The configuration in force, validated, and where each value came from. */
export interface Config {
  readonly settings: Settings;
  /** The file that was read; null when there is none. */
  readonly file: string | null;
  /** By path (`kafka.brokers`): an environment variable's name. What is not here and not in the file is a default. */
  readonly fromEnvironment: ReadonlyMap<string, string>;
  /** Paths that stand in the file. */
  readonly fromFile: ReadonlySet<string>;
}

/** Environment variables that win over the file. */
const VARIABLES: readonly { readonly name: string; readonly path: string; readonly read: (text: string) => unknown }[] =
  [
    { name: 'HOST', path: 'host', read: String },
    { name: 'PORT', path: 'port', read: (text) => (/^\d+$/.test(text) ? Number(text) : text) },
    { name: 'DATABASE_URL', path: 'database_url', read: String },
    { name: 'KAFKA_BROKERS', path: 'kafka.brokers', read: (text) => text.split(',').map((broker) => broker.trim()) },
    { name: 'KAFKA_TOPIC_PREFIX', path: 'kafka.topic_prefix', read: String },
    { name: 'FIXPOINT_DATA_DIR', path: 'data_dir', read: String },
    { name: 'FIXPOINT_PLAYBOOKS_DIR', path: 'playbooks_dir', read: String },
    { name: 'FIXPOINT_ADMIN_TOKEN', path: 'admin_token', read: String },
    { name: 'LOG_LEVEL', path: 'log_level', read: String },
  ];

/** Reads file and environment. Throws `invalid` with every fault at once: the key, what was expected, and where it stands. */
export function loadConfig(options: {
  readonly file: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}): Config {
  const named = options.file ?? nonEmpty(options.env['FIXPOINT_CONFIG']);
  const file = resolve(options.cwd, named ?? 'fixpoint.yaml');
  const found = existsSync(file);
  const put: Substituted = new Map();
  const written = found ? readSettings(file, options.env, put) : {};
  takeAsNeeded(Settings, written, put);
  const fromFile = new Set(pathsOf(written));
  const fromEnvironment = new Map<string, string>();
  for (const { name, path, read } of VARIABLES) {
    const text = nonEmpty(options.env[name]);
    if (text === null) continue;
    putAt(written, path.split('.'), read(text));
    fromEnvironment.set(path, name);
  }
  const parsed = Settings.safeParse(written);
  if (!parsed.success) throw refusal(written, found ? file : null, originsOf(fromEnvironment, put));
  const base = found ? dirname(file) : options.cwd;
  const settings = Object.freeze({
    ...parsed.data,
    data_dir: absolute(parsed.data.data_dir, fromEnvironment.has('data_dir') ? options.cwd : base),
    playbooks_dir: absolute(parsed.data.playbooks_dir, fromEnvironment.has('playbooks_dir') ? options.cwd : base),
  });
  return { settings, file: found ? file : null, fromEnvironment, fromFile };
}

/** One line for each value in force, secrets hidden, with where it came from. */
export function describeConfig(
  config: Config,
): { readonly key: string; readonly value: string; readonly from: string }[] {
  const lines: { key: string; value: string; from: string }[] = [];
  for (const [path, value] of leavesOf(config.settings)) {
    const variable = [...config.fromEnvironment].find(([key]) => path === key || path.startsWith(`${key}.`))?.[1];
    const inFile = [...config.fromFile].some((key) => path === key || path.startsWith(`${key}.`));
    const from = variable ? `environment ${variable}` : inFile ? (config.file ?? 'file') : 'default';
    lines.push({ key: path, value: shown(path, value), from });
  }
  return lines;
}

function isBroker(text: string): boolean {
  const port = /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}:(\d{1,5})$/.exec(text)?.[1];
  return port !== undefined && Number(port) >= 1 && Number(port) <= 65_535;
}

function readSettings(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
  put: Substituted,
): Record<string, unknown> {
  const lines = new LineCounter();
  const document = parseDocument(readUtf8(file), { lineCounter: lines, version: '1.2' });
  const [fault] = document.errors;
  if (fault) {
    const { line, col } = lines.linePos(fault.pos[0]);
    // The parser's words end with the place again, and with a piece of the file that may hold a secret.
    const words = (fault.message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '');
    const why = fault.code === 'MULTIPLE_DOCS' ? 'expected one document, came a second one after ---' : words;
    throw new FixpointError('invalid', `${file}:${line}:${col}: not valid YAML: ${why}`);
  }
  const value = valueOf(document, file);
  if (value === null || value === undefined) return {};
  if (typeof value !== 'object' || Array.isArray(value))
    throw new FixpointError(
      'invalid',
      `${file}: expected keys and values, got ${Array.isArray(value) ? 'a list' : typeof value}`,
    );
  return substitute(value, { env, base: dirname(file), put }) as Record<string, unknown>; // an object stays one
}

function valueOf(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch {
    throw new FixpointError('invalid', `${file}: aliases repeat more than 100 parts of the file`);
  }
}

function refusal(
  written: Record<string, unknown>,
  file: string | null,
  origins: ReadonlyMap<string, string>,
): FixpointError {
  const details: ErrorDetail[] = schemaProblems(Settings, written).map((problem) => {
    const path = problem.path.map(String).join('.');
    const origin = [...origins].find(([key]) => path === key || path.startsWith(`${key}.`))?.[1];
    const message = withoutValue(path, problem.message);
    return { path, message: origin ? `${message} (from ${origin})` : message };
  });
  const text = details.map((detail) => `  ${detail.path}: ${detail.message}`).join('\n');
  return new FixpointError('invalid', `the configuration${file ? ` in ${file}` : ''} is not usable:\n${text}`, {
    details,
  });
}

/** Where the values came from that do not stand in the file as they are. */
function originsOf(fromEnvironment: ReadonlyMap<string, string>, put: Substituted): ReadonlyMap<string, string> {
  const variables = [...fromEnvironment].map(([path, name]): [string, string] => [
    path,
    `the environment variable ${name}`,
  ]);
  // A variable that wins over the file is asked first.
  return new Map([...variables, ...[...put].filter(([path]) => !fromEnvironment.has(path))]);
}

/** What came is told only where it cannot be a secret: an address may carry a password, and any text may be one. */
function withoutValue(path: string, message: string): string {
  return message.replace(SECRET_KEY.test(path) ? /, came .*$/s : /, came ".*$/s, '');
}

function absolute(path: string, base: string): string {
  return isAbsolute(path) ? path : resolve(base, path);
}

/** An empty variable counts as unset, as in compose files. */
function nonEmpty(text: string | undefined): string | null {
  return text === undefined || text === '' ? null : text;
}

function putAt(target: Record<string, unknown>, [key, ...rest]: readonly string[], value: unknown): void {
  if (key === undefined) return;
  if (rest.length === 0) {
    target[key] = value;
    return;
  }
  const inner = target[key];
  const next: Record<string, unknown> =
    typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? { ...inner } : {};
  target[key] = next;
  putAt(next, rest, value);
}

function pathsOf(value: unknown): string[] {
  return [...leavesOf(value)].map(([path]) => path);
}

function* leavesOf(value: unknown, path = ''): Generator<[string, unknown]> {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || Object.keys(value).length === 0) {
    if (path !== '' && value !== undefined && !(typeof value === 'object' && value !== null && !Array.isArray(value)))
      yield [path, value];
    return;
  }
  for (const [key, item] of Object.entries(value)) yield* leavesOf(item, path === '' ? key : `${path}.${key}`);
}

const SECRET_KEY = /(^|\.)(.*(secret|password|token|api_key|authorization|credentials).*|cert|key)$/i;

/** A value as `config show` prints it. A channel's address is its key to the channel, so only its host is shown. */
function shown(path: string, value: unknown): string {
  if (SECRET_KEY.test(path) || (path.startsWith('secrets.') && path.endsWith('.value')) || /\.headers\./.test(path))
    return '(hidden)';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.replace(
    /([a-z][a-z0-9+.-]*:\/\/)(?:[^/@\s"]*@)?([^/\s"]*)([^\s"]*)/gi,
    (_, scheme: string, host: string, rest: string) => {
      return `${scheme}${host}${path.startsWith('notifiers.') && rest !== '' ? '/(hidden)' : rest.replace(/([?&][^=]*(?:token|key|secret|password)[^=]*=)[^&]*/gi, '$1(hidden)')}`;
    },
  );
}
