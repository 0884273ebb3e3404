import type { FastifyInstance, InjectOptions } from 'fastify';
import { afterEach, beforeEach } from 'vitest';
import { z } from 'zod';
import { ApiError } from '../../src/domain/api/error.js';
import type { HttpDeps } from '../../src/http/deps.js';
import { createServer } from '../../src/http/server.js';
import { ADMIN_TOKEN, HttpWorld } from './http-deps.js';

export const BEARER = { authorization: `Bearer ${ADMIN_TOKEN}` };

/** A server and its world, new for each test of a file and closed after it. */
export class HttpFace {
  world = new HttpWorld();
  app: FastifyInstance = createServer(this.world.deps());

  constructor() {
    beforeEach(async () => {
      this.world = new HttpWorld();
      await this.open(this.world.deps());
    });
    afterEach(() => this.app.close());
  }

  /** Puts a server with other parts in place of the present one. */
  async open(deps: HttpDeps): Promise<void> {
    await this.app.close();
    this.app = createServer(deps);
  }

  readonly get = (url: string, headers: Record<string, string> = BEARER) =>
    this.app.inject({ method: 'GET', url, headers });

  readonly post = (url: string, payload?: unknown, headers: Record<string, string> = BEARER) => {
    const options: InjectOptions = { method: 'POST', url, headers };
    if (payload !== undefined) options.payload = payload as object;
    return this.app.inject(options);
  };
}

/** The error of an answer, which must have the one shape. */
export function errorOf(answer: { json(): unknown }) {
  return z.strictObject({ error: ApiError.shape.error.strict() }).parse(answer.json()).error;
}
