import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createNetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { startApp } from './app.js';
import type { App } from './app.js';
import { Settings } from './config.js';
import type { Config } from './config.js';
import { closingLines, wentWell } from './demo/closing.js';
import type { Ending } from './demo/closing.js';
import type { Mail } from './demo/mail.js';
import { createNarrator } from './demo/narrator.js';
import type { Happening } from './demo/narrator.js';
import { shopConfig, shopSummary, startShop } from './demo/start-shop.js';
import type { Shop } from './demo/start-shop.js';
import { instant, sleep } from './domain/clock.js';
import { messageOf } from './domain/errors.js';
import { isRunFinished } from './domain/run/run.js';
import type { StoredAlert } from './domain/decision/alert-view.js';
import { newToken } from './http/token-text.js';
import { versionOf } from './serve.js';
import { systemClock } from './system-clock.js';
import { ROLES } from './app/work-roles.js';
import { PACKAGE_ROOT } from './package-root.js';

const DEFAULT_PORT = 8080;
/** Longer than this the story does not take; then something is wrong, and the demo says so. */
const STORY_LIMIT_MS = 50_000;
const SERVICE = 'payment-gateway';

/** What has been seen of the story so far. */
interface Story {
  alert: StoredAlert | null;
  run: Ending['run'];
  resolved_at: string | null;
  report: Mail | null;
}

/** `npm run demo`: a small shop breaks, and Fixpoint is watched repairing it. Answers the exit code. */
export async function demo({ once }: { readonly once: boolean }): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'fixpoint-demo-'));
  const narrator = createNarrator({ colours: process.stdout.isTTY, width: process.stdout.columns });
  const tell = (happening: Happening): void => {
    for (const line of narrator.tell(happening)) print(line);
  };
  const story: Story = { alert: null, run: null, resolved_at: null, report: null };
  let shop: Shop | null = null;
  let app: App | null = null;
  try {
    shop = await startShop({ clock: systemClock, seed: 7, onMail: (mail) => tellMail(mail, story, tell) });
    const token = newToken();
    app = await startApp({
      config: await demoConfig(shop, directory, token),
      roles: ROLES,
      clock: systemClock,
      log: quietLog(),
      version: versionOf(),
    });
    print(
      `Fixpoint on ${app.url} · embedded store · playbooks/ ${app.catalog.playbooks.size} · a small shop is running: ${shopSummary(shop.model)}`,
    );
    await tellStory(shop, app, token, story, tell);
    const ending = endingOf(story);
    for (const line of ['', ...closingLines(ending)]) print(line);
    if (once) return wentWell(ending) ? 0 : 1;
    print(lookAround(app, story, token));
    await stopped();
    return 0;
  } catch (error) {
    process.stderr.write(`fixpoint demo: ${messageOf(error)}\n`);
    return 1;
  } finally {
    await app?.stop();
    await shop?.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Breaks the shop and watches until the alert has resolved and the report has arrived, or the time is over. */
async function tellStory(
  shop: Shop,
  app: App,
  token: string,
  story: Story,
  tell: (happening: Happening) => void,
): Promise<void> {
  await shop.sendAlertsTo({
    url: `${app.url}/api/v1/webhooks/alertmanager`,
    token,
    onSent: ({ status, alerts, error }) => {
      if (error !== null) tell({ type: 'note', at: now(), word: 'alert', text: `not taken: ${error}` });
      if (status !== 'resolved' || !alerts.some((alert) => alert.labels['service'] === SERVICE)) return;
      story.resolved_at ??= now();
      tell({ type: 'resolved', at: story.resolved_at, text: shopSummary(shop.model) });
    },
  });
  await sleep(systemClock, 1_500);
  shop.model.breakPayment();
  const limit = new AbortController();
  const end = systemClock.after(STORY_LIMIT_MS, () => limit.abort());
  const faultTold = tellFault(shop, tell, limit.signal);
  await followAlert(app, story, tell, limit.signal);
  await faultTold;
  while (!(story.resolved_at !== null && story.report) && !limit.signal.aborted)
    await sleep(systemClock, 100, limit.signal);
  end();
}

/** The fault is told when it can be seen: a queue needs a moment to build up. */
async function tellFault(shop: Shop, tell: (happening: Happening) => void, signal: AbortSignal): Promise<void> {
  await sleep(systemClock, 800, signal);
  tell({ type: 'fault', at: now(), text: `${SERVICE}: traffic doubles; ${shopSummary(shop.model)}` });
}

/** From the alert's arrival to the end of its run, each line as it happens. */
async function followAlert(
  app: App,
  story: Story,
  tell: (happening: Happening) => void,
  signal: AbortSignal,
): Promise<void> {
  const { store } = app;
  while (!signal.aborted && story.alert === null) {
    const found = await store.alerts.list(
      { service_name: SERVICE, status: 'firing', action: 'run' },
      { limit: 1, cursor: null },
    );
    story.alert = found.items[0] ?? null;
    if (story.alert === null) await sleep(systemClock, 50, signal);
  }
  const { alert } = story;
  if (!alert?.decision?.run_id) return;
  const { decision } = alert;
  tell({ type: 'alert', at: alert.received_at, alert });
  tell({ type: 'decision', at: decision.decided_at, alert, decision, rules: await explainVia(app, alert) });
  await followRun(app, decision.run_id ?? '', story, tell, signal);
}

async function followRun(
  app: App,
  run_id: string,
  story: Story,
  tell: (happening: Happening) => void,
  signal: AbortSignal,
): Promise<void> {
  const { runView } = app.store;
  let seq = 0;
  for (;;) {
    for (const event of await runView.events(run_id, seq)) {
      seq = event.seq;
      tell({ type: 'run_event', event });
    }
    const run = await runView.get(run_id);
    if (run && isRunFinished(run.state)) {
      const scaled = run.steps.find((step) => step.change !== null);
      const replicas = scaled?.change ? `${String(scaled.change.from)} → ${String(scaled.change.to)}` : null;
      const { state, finished_at, playbook_name: name } = run;
      story.run = { run_id, name, state, replicas, finished_at };
      if (seq >= run.seq) return;
    }
    if (signal.aborted) return;
    await sleep(systemClock, 50, signal);
  }
}

/** Why the other rules did not match, as the API tells it. */
async function explainVia(app: App, alert: StoredAlert) {
  const { compileRules } = await import('./domain/rule/rule-match.js');
  return compileRules(app.catalog.rules).explain(alert);
}

function tellMail(mail: Mail, story: Story, tell: (happening: Happening) => void): void {
  tell({ type: 'mail', at: now(), to: mail.to, subject: mail.subject });
  // The report of a finished run carries its title and how it ended.
  if (/succeeded|failed|cancelled/.test(mail.subject)) story.report = mail;
}

function endingOf({ run, resolved_at, report }: Story): Ending {
  return { service: SERVICE, run, resolved_at, report };
}

function lookAround(app: App, { run }: Story, token: string): string {
  const api = `${app.url}/api/v1`;
  const call = `curl -sH 'Authorization: Bearer ${token}'`;
  return [
    '',
    'Look around (Ctrl-C ends the demo):',
    `  ${app.url}               the web pages; sign in with ${token}`,
    `  ${call} ${api}/alerts`,
    ...(run
      ? [`  ${call} '${api}/runs/${run.run_id}/report?format=text'`, `  ${call} ${api}/runs/${run.run_id}/events`]
      : []),
    `  ${app.url}/docs          every call, with user "any" and the token as password`,
    `  FIXPOINT_URL=${app.url} FIXPOINT_TOKEN=${token} npx fixpoint runs list`,
  ].join('\n');
}

async function demoConfig(shop: Shop, directory: string, token: string): Promise<Config> {
  const settings = Settings.parse({
    ...shopConfig(shop),
    port: await portFor(process.env.PORT),
    data_dir: directory,
    playbooks_dir: process.env.FIXPOINT_PLAYBOOKS_DIR ?? `${PACKAGE_ROOT}playbooks`,
    admin_token: token,
    default_mode: 'auto',
    // People watch: a few seconds say enough.
    schedule: { verify_hold: '3s' },
    log_level: 'warn',
  });
  return { settings, file: null, fromEnvironment: new Map(), fromFile: new Set() };
}

/** The port that was asked for; else 8080 where that is free, and else any. */
async function portFor(wanted: string | undefined): Promise<number> {
  if (wanted !== undefined && /^\d+$/.test(wanted)) return Number(wanted);
  const free = await new Promise<boolean>((resolve) => {
    const probe = createNetServer();
    probe.once('error', () => resolve(false));
    probe.listen(DEFAULT_PORT, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
  return free ? DEFAULT_PORT : 0;
}

function quietLog() {
  return pino({ level: 'error', base: null }, pino.destination(2));
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function now(): string {
  return instant(systemClock.now());
}

function stopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}
