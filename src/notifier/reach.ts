import { lookup as resolve } from 'node:dns';
import type { LookupAddress, LookupOptions } from 'node:dns';
import { BlockList, connect, isIP } from 'node:net';
import type { LookupFunction, Socket } from 'node:net';

/** Thrown for an address that no notifier may dial, whoever named it. */
export class RefusedAddressError extends Error {
  readonly code = 'ERR_REFUSED_ADDRESS';

  constructor(host: string) {
    super(`${host} is a link-local or cloud metadata address, which is never dialled`);
    this.name = 'RefusedAddressError';
  }
}

/**
 * True for link-local addresses and the cloud metadata services outside of that range, however they are written
 * (IPv4 inside IPv6 included). Everything else may be dialled: chat gateways and mail relays stand on private addresses.
 */
export function isRefusedAddress(address: string): boolean {
  const bare = address.replace(/^\[|\]$/g, '');
  const family = isIP(bare);
  if (family === 0) return false;
  return refusedAddresses().check(bare, family === 6 ? 'ipv6' : 'ipv4');
}

function refusedAddresses(): BlockList {
  const list = new BlockList();
  list.addSubnet('169.254.0.0', 16, 'ipv4');
  list.addAddress('100.100.100.200', 'ipv4');
  list.addSubnet('fe80::', 10, 'ipv6');
  list.addAddress('fd00:ec2::254', 'ipv6');
  // 169.254.0.0/16 once more, as NAT64, 6to4 and the old IPv4-compatible form spell it; the mapped form the list knows by itself.
  list.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6');
  list.addSubnet('2002:a9fe::', 32, 'ipv6');
  list.addSubnet('::a9fe:0', 112, 'ipv6');
  return list;
}

/** A `lookup` for sockets that never answers a refused address; a name that has no other fails with RefusedAddressError. */
export const guardedLookup: LookupFunction = (hostname, options, callback) => {
  const asked: LookupOptions = { ...options, all: true };
  resolve(hostname, asked, (error, found) => {
    if (error) return callback(error, '', 0);
    // `all: true` makes it a list; the overload that TypeScript picks for a variable of options does not know that.
    const addresses = (found as unknown as LookupAddress[]).filter((entry) => !isRefusedAddress(entry.address));
    const first = addresses[0];
    if (!first) return callback(new RefusedAddressError(hostname), '', 0);
    if (options.all) return callback(null, addresses);
    return callback(null, first.address, first.family);
  });
};

/** Opens a TCP connection, or rejects: at once for a refused address, with the signal's reason when it is aborted. */
export function openSocket(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((done, fail) => {
    if (signal.aborted) return fail(abortReason(signal));
    if (isRefusedAddress(host)) return fail(new RefusedAddressError(host));
    const socket = connect({ host: host.replace(/^\[|\]$/g, ''), port, lookup: guardedLookup });
    const abort = (): void => {
      socket.destroy();
      fail(abortReason(signal));
    };
    signal.addEventListener('abort', abort, { once: true });
    socket.once('error', (error) => {
      signal.removeEventListener('abort', abort);
      fail(error);
    });
    socket.once('connect', () => {
      signal.removeEventListener('abort', abort);
      done(socket);
    });
  });
}

function abortReason(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason : new Error('aborted');
}
