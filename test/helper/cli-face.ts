import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach } from 'vitest';
import { createServer } from '../../src/http/server.js';
import { FakeTerminal } from './cli-io.js';
import { ADMIN_TOKEN, HttpWorld } from './http-deps.js';

/** A terminal with a token, and a server that its commands reach at `url`: new for each test of a file, and closed after it. */
export class CliFace {
  world = new HttpWorld();
  terminal = new FakeTerminal();
  app = createServer(this.world.deps());
  url = '';

  constructor() {
    beforeEach(async () => {
      this.world = new HttpWorld();
      this.terminal = new FakeTerminal();
      this.terminal.env = { FIXPOINT_TOKEN: ADMIN_TOKEN };
      this.app = createServer(this.world.deps());
      await this.app.listen({ port: 0, host: '127.0.0.1' });
      this.url = `http://127.0.0.1:${(this.app.server.address() as AddressInfo).port}/`;
    });
    afterEach(() => this.app.close());
  }
}
