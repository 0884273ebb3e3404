import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** A TCP proxy on loopback that can fail as networks do. */
export interface TcpProxy {
  readonly port: number;
  /** Ends every connection at once, without a goodbye. */
  cut(): void;
  /** While it refuses, a new connection is ended as soon as it is made. */
  refuse(refusing: boolean): void;
  /** While it is stalled, connections stay and nothing comes through; afterwards everything does, late. */
  stall(stalled: boolean): void;
  close(): Promise<void>;
}

/** Opens one before a port of 127.0.0.1; `port` 0 takes a free one. */
export async function openTcpProxy(target_port: number, port = 0): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let refusing = false;
  let stalled = false;
  const server = createServer((near) => {
    if (refusing) return void near.resetAndDestroy();
    const far = connect(target_port, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.setNoDelay(true);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.on('end', () => other.end());
      one.on('data', (chunk: Buffer) => {
        if (!other.write(chunk)) one.pause();
      });
      one.on('drain', () => {
        if (!stalled) other.resume();
      });
      if (stalled) one.pause();
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    port: (server.address() as AddressInfo).port, // it listens on a port
    cut,
    refuse: (next) => (refusing = next),
    stall: (next) => {
      stalled = next;
      for (const socket of sockets)
        if (stalled) socket.pause();
        else socket.resume();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  };
}
