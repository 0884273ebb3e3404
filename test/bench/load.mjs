// The load generator: a process of its own, so that what it costs is not the subject's. Told over IPC what to do; answers figures.
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from './connection.mjs';
import { bodyOfPair, bodyOfRuns, bodyOfStorm, createBody } from './workload.mjs';

const now = () => Number(process.hrtime.bigint()) / 1e6;
const TEMPLATES = { runs: bodyOfRuns, pair: bodyOfPair, storm: bodyOfStorm };

/** Counts up over the life of this process, so that no body is ever sent twice by accident. */
let number = 0;

const modes = { flight, closed, open, receive, notified };

process.on('message', async ({ id, ask, ...parameters }) => {
  try {
    process.send({ id, value: await modes[ask](parameters) });
  } catch (error) {
    process.send({ id, error: error.stack });
  }
});

/** Keeps `inFlight` runs under way: a POST of `alerts` alerts goes out whenever that many have ended. */
async function flight({ url, token, socket, alertname, inFlight, alerts, seconds, tolerant }) {
  const body = createBody(bodyOfRuns(alertname, alerts));
  const count = await listen(socket);
  const connections = await openAll(url, token, Math.max(1, Math.ceil(inFlight / alerts)));
  const free = [...connections];
  const acknowledged = [];
  let posted = 0;
  let failure = null;
  const begin = now();
  const until = begin + seconds * 1_000;
  const base = count.ended;
  const slices = [];
  // The service may be killed while no request is under way.
  for (const connection of connections) connection.onBroken = (error) => (failure ??= error);
  function fill() {
    while (!failure && now() < until && posted - (count.ended - base) + alerts <= inFlight && free.length > 0) {
      const connection = free.pop();
      posted += alerts;
      connection.post(body((number += 1))).then(
        (answer) => {
          acknowledged.push(...idsOf(answer, alerts));
          free.push(connection);
          fill();
        },
        (error) => (failure ??= error),
      );
    }
  }
  count.onChange = fill;
  fill();
  while (now() < until && !failure) {
    await sleep(Math.min(1_000, Math.max(1, until - now())));
    slices.push({ at: now() - begin, ended: count.ended - base });
  }
  if (failure && !tolerant) throw failure;
  const measured = slices.at(-1);
  const isDrained = () => count.ended - base >= posted && free.length === connections.length;
  const told = () =>
    `${count.ended - base} of ${posted} runs ended, ${connections.length - free.length} requests unanswered`;
  if (!failure) await drained(isDrained, told);
  for (const connection of connections) connection.close();
  count.close();
  return { ended: measured.ended, took_ms: measured.at, slices, posted, acknowledged, drained: count.ended - base };
}

function idsOf({ status, body }, expected) {
  const answer = status === 202 ? JSON.parse(body) : null;
  if (answer?.accepted !== expected) throw new Error(`expected 202 for ${expected} alerts, got ${status} ${body}`);
  return answer.alerts.map((alert) => alert.alert_id);
}

/** As many requests as go through: each connection asks again as soon as it is answered. `same` repeats one body. */
async function closed({ url, token, connections: width, seconds, template, same }) {
  const body = createBody(TEMPLATES[template.name](...template.of));
  const repeated = body(same ? 0 : (number += 1));
  const connections = await openAll(url, token, width);
  // Once before the clock starts, so that a repeated body is a repeat.
  check(await connections[0].post(repeated));
  const latencies = [];
  const begin = now();
  const until = begin + seconds * 1_000;
  let answered = 0;
  async function work(connection) {
    while (now() < until) {
      const sent = now();
      check(await connection.post(same ? repeated : body((number += 1))));
      latencies.push(now() - sent);
      answered += 1;
    }
  }
  await Promise.all(connections.map(work));
  const took_ms = now() - begin;
  for (const connection of connections) connection.close();
  return { answered, posted: answered + 1, took_ms, latencies: summary(latencies) };
}

/** A fixed rate whatever the answers do: latencies count from when a request was due, so that a stall is not hidden. */
async function open({ url, token, rate, seconds, alertname, connections }) {
  const body = createBody(bodyOfPair(alertname));
  const check = (answer) => idsOf(answer, 2);
  const sent = await sendAtRate({ url, token, rate, seconds, connections, body, check });
  const fingerprints = (number) => [0, 1].map((index) => `${hex8(number)}${hex8(index)}`);
  return { due: sent.map(([number, at]) => [fingerprints(number), at]) };
}

/** The services whose webhook has come, and when first. */
const heard = new Map();

/** Listens for an Alertmanager's webhooks; answers where. */
async function receive() {
  const server = createServer((request, response) => {
    const at = now();
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const { service } = JSON.parse(Buffer.concat(chunks).toString()).groupLabels;
      if (!heard.has(service)) heard.set(service, at);
      response.writeHead(200).end();
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${server.address().port}/`;
}

/** The same alerts at the same rate to an Alertmanager; answers when each pair was due and when its webhook came. */
async function notified({ url, rate, seconds, connections }) {
  // It knows alerts by their labels and computes fingerprint and status by itself.
  const pair = bodyOfPair('Bench_Pair').alerts.map(({ labels, annotations, generatorURL }) => ({
    labels,
    annotations,
    generatorURL,
    startsAt: new Date().toISOString(),
  }));
  const check = ({ status, body }) => {
    if (status !== 200) throw new Error(`expected 200, got ${status} ${body}`);
  };
  const sent = await sendAtRate({ url, token: '', rate, seconds, connections, body: createBody(pair), check });
  const services = sent.map(([number, at]) => [`shop-${hex8(number)}`, at]);
  await drained(
    () => services.every(([service]) => heard.has(service)),
    () => 'webhooks were missing',
  );
  const found = services.map(([service]) => [service, heard.get(service)]);
  heard.clear();
  return { due: services, heard: found };
}

function hex8(number) {
  return number.toString(16).padStart(8, '0');
}

async function sendAtRate({ url, token, rate, seconds, connections: width, body, check }) {
  const connections = await openAll(url, token, width);
  const queue = [];
  const free = [...connections];
  const due = [];
  let failure = null;
  let answered = 0;
  function flush() {
    while (queue.length > 0 && free.length > 0) {
      const connection = free.pop();
      connection.post(queue.shift()).then(
        (answer) => {
          try {
            check(answer);
          } catch (error) {
            failure ??= error;
          }
          answered += 1;
          free.push(connection);
          flush();
        },
        (error) => (failure ??= error),
      );
    }
  }
  const begin = now() + 20;
  const total = Math.round(rate * seconds);
  for (let index = 0; index < total && !failure; index++) {
    const at = begin + (index * 1_000) / rate;
    await waitUntil(at);
    number += 1;
    due.push([number, at]);
    queue.push(body(number));
    flush();
  }
  await drained(
    () => failure !== null || answered === total,
    () => `${answered} of ${total} requests answered`,
  );
  for (const connection of connections) connection.close();
  if (failure) throw failure;
  return due;
}

/** Timers are late by up to a millisecond, so the last one is spent turning. */
async function waitUntil(at) {
  while (at - now() > 2) await sleep(at - now() - 1.5);
  while (now() < at) await new Promise((resolve) => setImmediate(resolve));
}

function check({ status, body }) {
  if (status !== 202) throw new Error(`expected 202, got ${status} ${body}`);
}

function openAll(url, token, count) {
  return Promise.all(Array.from({ length: count }, () => Connection.open(url, token)));
}

async function listen(path) {
  const socket = connect(path);
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  const count = { ended: 0, onChange: () => undefined, close: () => socket.destroy() };
  let isToldFirst = () => undefined;
  const toldFirst = new Promise((resolve) => (isToldFirst = resolve));
  let rest = '';
  socket.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    if (lines.length === 0) return;
    count.ended = Number(lines.at(-1));
    isToldFirst();
    count.onChange();
  });
  socket.on('error', () => undefined);
  await toldFirst;
  return count;
}

async function drained(isDone, told) {
  const limit = now() + 30_000;
  while (!isDone()) {
    if (now() > limit) throw new Error(`what was started did not end within 30 s: ${told()}`);
    await sleep(5);
  }
}

function summary(values) {
  values.sort((a, b) => a - b);
  const at = (share) => values[Math.min(values.length - 1, Math.floor(values.length * share))];
  return { p50: at(0.5), p99: at(0.99), max: values.at(-1) };
}
