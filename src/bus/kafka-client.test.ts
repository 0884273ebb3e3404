import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { FixpointError } from '../domain/errors.js';
import { SILENT_LOG } from '../domain/log.js';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { until } from '../../test/helper/until.js';
import { createKafkaClient, within } from './kafka-client.js';

interface RequestQueue {
  pending: unknown[];
  push(request: { entry: { correlationId: number }; expectResponse: boolean; sendRequest: () => void }): void;
  fulfillRequest(answer: { correlationId: number; payload: null; size: number }): void;
  checkPendingRequests(): void;
  destroy(): void;
}

function aQueue(maxInFlightRequests: number): RequestQueue {
  const Queue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as new (
    options: object,
  ) => RequestQueue;
  const logger = { debug: () => undefined, warn: () => undefined };
  return new Queue({
    maxInFlightRequests,
    requestTimeout: 1_000,
    enforceRequestTimeout: false,
    clientId: 'c',
    broker: 'b',
    logger,
  });
}

function aRequest(correlationId: number, sent: number[]) {
  const entry = { correlationId, resolve: () => undefined, reject: () => undefined };
  return { entry, expectResponse: true, sendRequest: () => void sent.push(correlationId) };
}

describe('a client that is cut', () => {
  it('leaves no connection open, and makes no more, so that its process can end', async () => {
    let [opened, closed] = [0, 0];
    const server = createServer((socket) => {
      opened += 1;
      socket
        .on('error', () => undefined)
        .once('close', () => (closed += 1))
        .resume();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo; // it listens on TCP
    const said: string[] = [];
    const log = { ...SILENT_LOG, warn: (fields: unknown) => void said.push(JSON.stringify(fields)) };
    const { kafka, cut } = await createKafkaClient({ brokers: [`127.0.0.1:${port}`], clientId: 'test' }, log);
    const asking = kafka.admin({ retry: { retries: 0 } }).connect();
    await until('a connection', () => Promise.resolve(opened === 1));

    cut();

    await expect(asking).rejects.toThrow();
    await until('its end', () => Promise.resolve(closed === 1));
    await expect(kafka.admin({ retry: { retries: 0 } }).connect()).rejects.toThrow('the bus has stopped');
    expect([opened, said]).toEqual([1, []]);
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('the mended queue of requests', () => {
  beforeAll(async () => {
    await createKafkaClient({ brokers: ['127.0.0.1:1'], clientId: 'test' }, SILENT_LOG);
    await createKafkaClient({ brokers: ['127.0.0.1:1'], clientId: 'test' }, SILENT_LOG);
  });

  it('arms no timer while nothing waits', () => {
    const setTimer = vi.spyOn(globalThis, 'setTimeout');
    const queue = aQueue(1);

    queue.checkPendingRequests();
    queue.checkPendingRequests();

    expect(setTimer).not.toHaveBeenCalled();
    setTimer.mockRestore();
  });

  it('still sends what had to wait for its turn, in its order', () => {
    const sent: number[] = [];
    const queue = aQueue(1);

    for (const id of [1, 2, 3]) queue.push(aRequest(id, sent));
    const before = [...sent];
    queue.fulfillRequest({ correlationId: 1, payload: null, size: 0 });
    queue.fulfillRequest({ correlationId: 2, payload: null, size: 0 });
    queue.destroy();

    expect(before).toEqual([1]);
    expect(sent).toEqual([1, 2, 3]);
  });

  it('still looks again by a timer while something waits', () => {
    const setTimer = vi.spyOn(globalThis, 'setTimeout');
    const queue = aQueue(1);

    queue.push(aRequest(1, []));
    queue.push(aRequest(2, []));

    expect(setTimer).toHaveBeenCalledTimes(1);
    queue.destroy();
    setTimer.mockRestore();
  });
});

describe('within', () => {
  it('answers what the work answers, and leaves no timer behind', async () => {
    const clock = new FakeClock();
    const cancelled = vi.fn();
    vi.spyOn(clock, 'after').mockReturnValue(cancelled);

    await expect(within(clock, 1_000, 'asking', Promise.resolve(7))).resolves.toBe(7);
    expect(cancelled).toHaveBeenCalledTimes(1);
  });

  it('rejects with `unavailable` when the work takes too long', async () => {
    const clock = new FakeClock();
    const waiting = within(clock, 1_000, 'Kafka at a:1', new Promise(() => undefined));
    const refusal = expect(waiting).rejects.toMatchObject({
      code: 'unavailable',
      message: 'Kafka at a:1: no answer within 1000 ms',
    });

    await clock.advance(1_000);

    await refusal;
  });

  it('turns a failure into `unavailable` and keeps its cause, but leaves a refusal as it is', async () => {
    const clock = new FakeClock();
    const cause = new Error('connect ECONNREFUSED');
    const refusal = new FixpointError('too_large', 'too much');

    await expect(within(clock, 1_000, 'asking', Promise.reject(cause))).rejects.toMatchObject({
      code: 'unavailable',
      cause,
    });
    await expect(within(clock, 1_000, 'asking', Promise.reject(refusal))).rejects.toBe(refusal);
  });
});
