import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openPool } from './pool.js';

/** An answer of Postgres' protocol: a letter, the length, the rest. */
function message(letter: string, rest: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(rest.length + 4);
  return Buffer.concat([Buffer.from(letter), length, rest]);
}

const WELCOME = Buffer.concat([message('R', Buffer.alloc(4)), message('Z', Buffer.from('I'))]);

const DONE = Buffer.concat([message('C', Buffer.from('BEGIN\0')), message('Z', Buffer.from('T'))]);

function refusal(code: string): Buffer {
  const fields = ['SERROR', `C${code}`, 'Mbecause'].map((field) => `${field}\0`).join('');
  return Buffer.concat([message('E', Buffer.from(`${fields}\0`)), message('Z', Buffer.from('I'))]);
}

const closing: (() => Promise<unknown>)[] = [];

/** A pool of a Postgres that lets everybody in and answers every question as it is told. */
async function aPool(answer: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write(WELCOME);
      socket.on('data', (chunk) => {
        if (chunk[0] !== 'X'.charCodeAt(0)) answer(socket);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const pool = openPool(`postgres://somebody:hunter2@127.0.0.1:${port}/x`, { lanes: 1, onError: () => undefined });
  closing.push(async () => {
    for (const socket of sockets) socket.destroy();
    await Promise.all([pool.stop(), new Promise((resolve) => server.close(resolve))]);
  });
  return pool;
}

afterEach(() => Promise.all(closing.splice(0).map((close) => close())));

describe('a pool whose database cannot be used', () => {
  it.each(['57P01', '53300', '08006', '25006', '57014', '58030'])('calls %s unavailable', async (code) => {
    const pool = await aPool((socket) => socket.write(refusal(code)));

    await expect(pool.query({ text: 'select 1' })).rejects.toMatchObject({
      code: 'unavailable',
      message: 'the database does not answer: because',
    });
    await expect(pool.transaction(async () => undefined)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('calls a connection that ends in the middle unavailable, which has no code at all', async () => {
    const pool = await aPool((socket) => socket.destroy());

    await expect(pool.query({ text: 'select 1' })).rejects.toMatchObject({ code: 'unavailable' });
    await expect(pool.script('select 1')).rejects.toMatchObject({ code: 'unavailable' });
  });

  it.each(['23505', '40001', '42601', '22P05'])('leaves %s as it is: it is about what was asked', async (code) => {
    const pool = await aPool((socket) => socket.write(refusal(code)));

    await expect(pool.query({ text: 'select 1' })).rejects.toMatchObject({ code });
  });

  it('survives a connection that ends between two statements of a transaction', async () => {
    let connection: Socket | null = null;
    const pool = await aPool((socket) => {
      connection = socket;
      socket.write(DONE);
    });

    const work = pool.transaction(async (tx) => {
      connection?.destroy();
      // Nothing is asked while the end comes in: what the driver has to tell, nobody waits for.
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      return tx.query({ text: 'select 1' });
    });

    await expect(work).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('calls a refused connection unavailable, and says nothing secret', async () => {
    const pool = openPool('postgres://somebody:hunter2@127.0.0.1:1/x', { lanes: 1, onError: () => undefined });
    closing.push(() => pool.stop());

    const error: unknown = await pool.query({ text: 'select 1' }).catch((reason: unknown) => reason);

    expect(error).toMatchObject({ code: 'unavailable' });
    expect(String(error)).not.toContain('hunter2');
  });
});
