// References that run in a process of their own, as the subject does: `insert` is what one durable row costs through node-pg, `http` the
// least that a server which reads JSON can cost.
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

const [kind] = process.argv.slice(2);
const now = () => Number(process.hrtime.bigint()) / 1e6;

async function insert() {
  const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
  await client.connect();
  await client.query('create table if not exists bench_insert (id bigserial primary key, payload text not null)');
  const statement = {
    name: 'insert',
    text: 'insert into bench_insert (payload) values ($1)',
    values: ['x'.repeat(100)],
  };
  answer({
    /** One after the other, or so many a second: then each finds processor and disk at rest, and counts from when it was due. */
    async measure({ seconds, rate = null }) {
      const took = [];
      const first = now();
      const until = first + seconds * 1_000;
      for (let begin = first; begin < until; begin = rate === null ? now() : begin + 1_000 / rate) {
        if (begin > now()) await sleep(begin - now());
        await client.query(statement);
        took.push(now() - begin);
      }
      took.sort((a, b) => a - b);
      const mean = took.reduce((sum, value) => sum + value, 0) / took.length;
      return {
        mean,
        p50: took[Math.floor(took.length / 2)],
        p99: took[Math.floor(took.length * 0.99)],
        count: took.length,
      };
    },
  });
  process.send({ ready: {} });
}

async function http() {
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const accepted = JSON.parse(Buffer.concat(chunks).toString()).alerts.length;
      const body = JSON.stringify({ accepted });
      response
        .writeHead(202, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
        .end(body);
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  process.send({ ready: { url: `http://127.0.0.1:${server.address().port}/` } });
}

function answer(questions) {
  process.on('message', async ({ id, ask, ...parameters }) => {
    try {
      process.send({ id, value: await questions[ask](parameters) });
    } catch (error) {
      process.send({ id, error: error.stack });
    }
  });
}

await { insert, http }[kind]();
