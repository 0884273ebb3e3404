// `npm run bench:pages`: how quick the web pages are in Debian's Chromium, by the page's own clock: first load and list to detail on the demo's
// data, a run with many events a second, and what is loaded. Prints medians; nothing is asserted, the machine may be busy.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { chromium } from '@playwright/test';
import { signIn, startDemo } from '../../scripts/demo-process.mjs';
import { median } from './session.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ROUNDS = 7;
/** As long as a person rests on a row at least before opening it. */
const REST_MS = 150;
const ITEMS = 600;
const BUSY_TOKEN = 'a-token-of-the-benchmark';
const START_LIMIT_MS = 60_000;
const RUN_LIMIT_MS = 120_000;
const PAGE_LIMIT_MS = 30_000;

/** Notes in the page when its heading and everything that it loads stand there, and each frame. */
const WATCH = `(() => {
  const isWhole = () => document.querySelector('main h1') !== null && document.querySelector('.loading, [aria-busy="true"]') === null;
  // A drawing follows what it is drawn of.
  const isTold = () => document.querySelector('main h1') !== null && document.querySelector('.loading, [aria-busy="true"]:not(.graph-frame)') === null;
  window.bench = { whole: null, pressed: null, held: 0, told: null, after: null, until: () => false };
  addEventListener('keydown', (event) => { if (event.key === 'Enter' || event.key === '?') window.bench.pressed = event.timeStamp; }, true);
  addEventListener('pointerdown', (event) => { window.bench.pressed = event.timeStamp; }, true);
  addEventListener('click', (event) => { window.bench.held = event.timeStamp - window.bench.pressed; }, true);
  const frame = (now) => {
    const bench = window.bench;
    // A frame's own time is its beginning: it is drawn when the next task runs.
    const drawn = (note) => setTimeout(() => note(performance.now()));
    if (bench.whole === null && isWhole()) { bench.whole = 0; drawn((at) => { bench.whole = at; }); }
    if (bench.pressed !== null && bench.told === null && bench.until() && isTold()) { bench.told = 0; drawn((at) => { bench.told = at - bench.pressed; }); }
    if (bench.pressed !== null && bench.after === null && bench.until() && isWhole()) { bench.after = 0; drawn((at) => { bench.after = at - bench.pressed; }); }
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
})()`;

async function aPage(browser, service) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  await signIn(context, service);
  const page = await context.newPage();
  await page.addInitScript(WATCH);
  return { page, close: () => context.close() };
}

/** By the debugger's way in: the policy of the pages admits no script that is made of text. */
async function becomes(page, condition) {
  const limit = performance.now() + PAGE_LIMIT_MS;
  while (!(await page.evaluate(condition))) {
    if (performance.now() > limit) throw new Error(`${page.url()}: ${condition} has not come true`);
    await page.waitForTimeout(20);
  }
}

/** In milliseconds: until the first page stands whole, and from a key to its answer right afterwards. */
async function firstLoad(browser, demo) {
  const { page, close } = await aPage(browser, demo);
  await page.goto(`${demo.url}/`);
  await becomes(page, 'window.bench.whole > 0');
  const painted = await page.evaluate(`performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null`);
  const whole = await page.evaluate('window.bench.whole');
  await page.evaluate(`window.bench.until = () => document.querySelector('dialog[open]') !== null`);
  await page.keyboard.press('?');
  await becomes(page, 'window.bench.after > 0');
  const answer = await page.evaluate('window.bench.after');
  const transferred = await page.evaluate(
    `performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation')).filter(({ name }) => !name.includes('/api/')).reduce((sum, entry) => sum + entry.encodedBodySize, 0)`,
  );
  await close();
  return { painted, whole, answer, transferred };
}

/**
 * In milliseconds from Enter, or a press of the mouse, to the detail of the first row of a list: what it tells, and with its drawing. `held` is
 * how long the press lasted: a click is one when the button is let go, and how long that takes is the hand's affair (here the debugger's).
 */
async function listToDetail(browser, demo, path, how) {
  const { page, close } = await aPage(browser, demo);
  await page.goto(demo.url + path);
  const row = page.locator('[data-row="0"] .row-link');
  await row.waitFor();
  await page.evaluate(`window.bench.until = () => document.querySelector('.page-back') !== null`);
  if (how === 'key') {
    await page.keyboard.press('j');
    await page.waitForTimeout(REST_MS);
    await page.keyboard.press('Enter');
  } else {
    const box = await row.boundingBox();
    // Nobody's hand jumps: but this one does not rest before it presses.
    await page.mouse.move(box.x + 20, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.up();
  }
  await becomes(page, 'window.bench.after > 0');
  const { told, after, held } = await page.evaluate('window.bench');
  await close();
  return { told, after, held };
}

/** A service with a run that has many events a second. */
async function startBusy() {
  const home = mkdtempSync(join(tmpdir(), 'fixpoint-pages-'));
  mkdirSync(join(home, 'playbooks'));
  const items = JSON.stringify(Array.from({ length: ITEMS }, (_, index) => `i${index}`));
  writeFileSync(
    join(home, 'playbooks', 'busy.yaml'),
    `playbook_id: PB-Busy\nmode: auto\ntasks:\n  - {id: begin, type: wait, parameters: {duration: 2s}}\n  - {id: each, type: wait, depends_on: [begin], parameters: {duration: 100ms}, foreach: ${items}, max_parallel: 8}\n`,
  );
  const child = spawn(process.execPath, [join(ROOT, 'dist', 'main.bundle.mjs')], {
    env: {
      ...process.env,
      ...{
        PORT: '0',
        LOG_LEVEL: 'warn',
        FIXPOINT_ADMIN_TOKEN: BUSY_TOKEN,
        FIXPOINT_CONFIG: join(home, 'fixpoint.yaml'),
      },
      ...{ FIXPOINT_DATA_DIR: join(home, 'data'), FIXPOINT_PLAYBOOKS_DIR: join(home, 'playbooks') },
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  async function stop() {
    child.kill('SIGTERM');
    await ended;
    rmSync(home, { recursive: true, force: true });
  }
  const url = await new Promise((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error('the service does not start')), START_LIMIT_MS);
    let said = '';
    child.stdout.on('data', (chunk) => {
      said += chunk;
      const found = /Fixpoint on (http:\S+)/.exec(said);
      if (found !== null) resolve(found[1]);
      if (found !== null) clearTimeout(limit);
    });
    child.once('exit', (code) =>
      reject(new Error(`the service ended with ${code}; is it built (npm run build)?\n${said}`)),
    );
  });
  return { url, token: BUSY_TOKEN, stop };
}

async function ask({ url, token }, path, body) {
  const answer = await fetch(url + path, {
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** Follows a busy run on one tab of its page: events a second, frames of the poorest second, the longest time without one. */
async function busy(browser, service, tab) {
  const alert = { alert_name: 'Busy', severity: 'info', service_name: `busy-${tab}` };
  const { run_id } = await ask(service, '/api/v1/playbooks/PB-Busy/runs', { alert, dry_run: false });
  const { page, close } = await aPage(browser, service);
  await page.goto(`${service.url}/runs/${run_id}?tab=${tab}`);
  const run = () => ask(service, `/api/v1/runs/${run_id}`);
  const limit = performance.now() + RUN_LIMIT_MS;
  // How many events a step has depends on how late its clock rings: the run may end before.
  async function passes(events) {
    for (let known = await run(); known.seq < events && known.finished_at === null; known = await run()) {
      if (performance.now() > limit) throw new Error(`the busy run stands at ${known.seq} events`);
      await page.waitForTimeout(100);
    }
    return { seq: (await run()).seq, at: performance.now() };
  }
  const begin = await passes(100);
  await page.evaluate(`(() => {
    const watched = window.benchFrames = { began: performance.now(), last: performance.now(), longest: 0, seconds: [] };
    const frame = () => {
      const now = performance.now();
      const second = Math.floor((now - watched.began) / 1000);
      watched.seconds[second] = (watched.seconds[second] ?? 0) + 1;
      watched.longest = Math.max(watched.longest, now - watched.last);
      watched.last = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  })()`);
  const end = await passes(ITEMS * 2);
  const { seconds, longest } = await page.evaluate('window.benchFrames');
  await close();
  return {
    rate: ((end.seq - begin.seq) / (end.at - begin.at)) * 1_000,
    poorest: Math.min(...seconds.slice(0, -1).map((frames) => frames ?? 0)),
    longest,
  };
}

/** What is loaded before the first page is seen, and the largest of what is loaded later; gzip. */
function sizes() {
  const assets = join(ROOT, 'dist', 'web', 'assets');
  const page = readFileSync(join(ROOT, 'dist', 'web', 'index.html'), 'utf8');
  const sizeOf = (name) => gzipSync(readFileSync(join(assets, name)), { level: 9 }).length;
  const first = [...page.matchAll(/(?:src|href)="\/assets\/([^"]+\.(?:js|css))"/g)].map(([, name]) => name);
  const later = readdirSync(assets)
    .filter((name) => /\.(?:js|css)$/.test(name) && !first.includes(name))
    .map((name) => ({ name, size: sizeOf(name) }))
    .sort((one, other) => other.size - one.size);
  return { first: first.reduce((sum, name) => sum + sizeOf(name), 0), later: later.slice(0, 4) };
}

function line(what, value, goal = '') {
  process.stdout.write(`${what.padEnd(58)} ${value.padStart(12)}  ${goal}\n`);
}

const ms = (values) => `${Math.round(median(values))} ms`;
const kB = (bytes) => `${(bytes / 1_000).toFixed(1)} kB`;

async function measureDemo(browser, demo) {
  const loads = [];
  for (let round = 0; round < ROUNDS; round++) loads.push(await firstLoad(browser, demo));
  line('first paint', ms(loads.map(({ painted }) => painted)));
  line('first load: Now with everything on it', ms(loads.map(({ whole }) => whole)), '< 1000 ms');
  line('a key right after it, until its answer is drawn', ms(loads.map(({ answer }) => answer)));
  line(
    'brought over the wire for it, without answers of the API',
    kB(median(loads.map(({ transferred }) => transferred))),
  );
  for (const path of ['/runs', '/alerts', '/playbooks'])
    for (const how of ['key', 'press']) {
      const took = [];
      for (let round = 0; round < ROUNDS; round++) took.push(await listToDetail(browser, demo, path, how));
      const means = how === 'key' ? 'j, Enter' : 'a click without rest';
      line(`${path} to its first detail by ${means}`, ms(took.map(({ told, held }) => told - held)), '< 100 ms');
      if (how === 'press') line('  … and from when the button was pressed', ms(took.map(({ told }) => told)));
      if (path === '/runs') line('  … and its graph', ms(took.map(({ after }) => after)));
    }
}

async function measureBusy(browser, service) {
  for (const tab of ['events', 'steps']) {
    const { rate, poorest, longest } = await busy(browser, service, tab);
    line(`a run's ${tab}: events a second`, rate.toFixed(0), '≥ 50');
    line(`a run's ${tab}: frames of the poorest second`, String(poorest), '> 0');
    line(`a run's ${tab}: longest time without a frame`, `${Math.round(longest)} ms`, '< 1000 ms');
  }
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
try {
  const { first, later } = sizes();
  line('loaded first (gzip)', kB(first), '≤ 120 kB');
  for (const { name, size } of later) line(`loaded later (gzip): ${name.replace(/-[\w-]{8}\./, '.')}`, kB(size));
  process.stdout.write('The demo tells its story: about half a minute …\n');
  const demo = await startDemo();
  await measureDemo(browser, demo).finally(() => demo.stop());
  const service = await startBusy();
  await measureBusy(browser, service).finally(() => service.stop());
} finally {
  await browser.close();
}
