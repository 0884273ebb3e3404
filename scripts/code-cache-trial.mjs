// One run of a program, to see what V8 compiles of it: `node code-cache-trial.mjs DIST TRIAL`. Says how many bundles' code it kept.
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import v8 from 'node:v8';

const [dist, trial] = [process.argv[2], JSON.parse(process.argv[3])];
const { keepCompiled, load } = await import(pathToFileURL(join(dist, 'bundle-loader.mjs')).href);

// What is kept is taken only under the flags that it was kept under, and the embedded store sets some after most is loaded.
v8.setFlagsFromString = () => undefined;
syncBuiltinESMExports();
process.on('exit', () => {
  console.log(`kept ${keepCompiled()}`);
  // A trial may be of something that fails.
  process.exitCode = 0;
});
process.argv.splice(2, Infinity, ...(trial.argv ?? []));
if (trial.post) {
  process.env.PORT = String(await freePort());
  writeFileSync(join(process.env.FIXPOINT_PLAYBOOKS_DIR, 'trial.yaml'), playbook());
}
const program = readFileSync(join(dist, `${trial.program}.bundle.mjs`), 'utf8');
load(/load\('(.+)'\)/.exec(program)[1]);
if (trial.post) {
  await answered('GET', '/healthz', () => true);
  const labels = { alertname: 'Trial', service: 'trial', severity: 'warning' };
  const alert = { status: 'firing', labels, annotations: {}, startsAt: new Date().toISOString(), fingerprint: '0' };
  const body = { version: '4', status: 'firing', alerts: [alert], groupLabels: {}, commonLabels: {}, receiver: 'x' };
  await answered('POST', '/api/v1/webhooks/alertmanager', () => true, JSON.stringify(body));
  await answered('GET', '/api/v1/runs', (text) => text.includes('"succeeded"'));
  for (const path of ['/', '/metrics', '/api/v1/alerts']) await answered('GET', path, () => true);
  process.kill(process.pid, 'SIGTERM');
}

/** JSON is YAML, too. */
function playbook() {
  const action = `GET http://127.0.0.1:${process.env.PORT}/healthz`;
  return JSON.stringify({
    playbook_id: 'PB-Trial',
    mode: 'auto',
    trigger_conditions: [{ alert_name: 'Trial' }],
    tasks: [{ id: 'ask', type: 'api_call', action }],
  });
}

/** Resolves at the first answer that is as wanted; the parent ends us if there never is one. */
async function answered(method, path, isWanted, body = '') {
  for (;;) {
    const { status, text } = await ask(method, path, body);
    if (status >= 200 && status < 300 && isWanted(text)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function ask(method, path, body) {
  const headers = { authorization: `Bearer ${process.env.FIXPOINT_ADMIN_TOKEN}`, 'content-type': 'application/json' };
  return new Promise((resolve) => {
    const asked = request({ port: process.env.PORT, host: '127.0.0.1', method, path, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode, text }));
    });
    asked.on('error', () => resolve({ status: 0, text: '' })).end(body);
  });
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
