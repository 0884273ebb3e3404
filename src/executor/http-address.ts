import { lookup as dnsLookup } from 'node:dns';
import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { buildConnector } from 'undici';

/** Which addresses a client may connect to. The metadata services of clouds are refused whatever it says. */
export interface AddressPolicy {
  /** Names (`shop.example.com`, `*.example.com`), addresses and CIDRs; null allows every address but the metadata services. */
  readonly allow_hosts: readonly string[] | null;
}

/** The code of the error with which a connector refuses an address. */
export const FORBIDDEN_ADDRESS = 'FIXPOINT_FORBIDDEN_ADDRESS';

class ForbiddenAddress extends Error {
  readonly code = FORBIDDEN_ADDRESS;
}

/**
 * Link-local ranges hold the metadata services of most clouds; the single addresses are those of AWS and Google (IPv6), Alibaba,
 * Azure and Oracle, which lie outside of them.
 */
const METADATA_RANGES: readonly string[] = [
  '169.254.0.0/16',
  'fe80::/10',
  'fd00:ec2::254/128',
  'fd20:ce::254/128',
  '100.100.100.200/32',
  '168.63.129.16/32',
  '192.0.0.192/32',
];
const METADATA = METADATA_RANGES.map((range) => ipaddr.parseCIDR(range));

/** Whether a line of `allow_hosts` can be understood: a name, `*.name`, an address or a CIDR. */
export function isHostPattern(pattern: string): boolean {
  // Four decimal parts only: the short forms of inet_aton (127.1) are more often a slip than an address.
  if (ipaddr.IPv4.isValidFourPartDecimal(pattern) || ipaddr.IPv6.isValid(unbracket(pattern))) return true;
  if (ipaddr.isValidCIDR(pattern)) return true;
  if (/^[\d.]+$/.test(pattern) || pattern.includes('/')) return false;
  return /^(\*\.)?[a-z0-9]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9_-]*[a-z0-9])?)*\.?$/i.test(pattern);
}

/** Why a connection to this address, reached under this name, is refused; null when it is not. */
export function refusal(policy: AddressPolicy, hostname: string, address: string): string | null {
  for (const candidate of unwrapped(address)) {
    if (METADATA.some((range) => isIn(candidate, range))) return `${address} is a link-local or metadata address`;
  }
  if (policy.allow_hosts === null) return null;
  const name = unbracket(hostname).toLowerCase().replace(/\.$/, '');
  for (const pattern of policy.allow_hosts) if (matches(pattern, name, address)) return null;
  const shown = name === address ? name : `${name} (${address})`;
  return `${shown} is not among the allowed hosts`;
}

/**
 * A connector that asks the policy before it connects. Literals are asked for here, because Node never calls `lookup` for them; names
 * are asked for after they are resolved, so that no DNS answer can lead around the policy.
 */
export function guardedConnector(
  build: typeof buildConnector,
  policy: AddressPolicy,
  options: buildConnector.BuildOptions,
): buildConnector.connector {
  const connectTo = build({ ...options, lookup: guardedLookup(policy) });
  return (target, callback) => {
    const literal = unbracket(target.hostname);
    const reason = ipaddr.isValid(literal) ? refusal(policy, literal, literal) : null;
    if (reason === null) connectTo(target, callback);
    else callback(new ForbiddenAddress(reason), null);
  };
}

function guardedLookup(policy: AddressPolicy): LookupFunction {
  return (hostname, options, callback) => {
    dnsLookup(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, '', 0);
      const allowed: LookupAddress[] = [];
      let reason = `${hostname} has no address`;
      for (const entry of found) {
        const refused = refusal(policy, hostname, entry.address);
        if (refused === null) allowed.push(entry);
        else reason = refused;
      }
      const [first] = allowed;
      if (first === undefined) return callback(new ForbiddenAddress(reason), '', 0);
      if (options.all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}

function matches(pattern: string, name: string, address: string): boolean {
  const wanted = unbracket(pattern).toLowerCase().replace(/\.$/, '');
  if (ipaddr.isValidCIDR(wanted)) return isIn(ipaddr.process(unbracket(address)), ipaddr.parseCIDR(wanted));
  if (ipaddr.isValid(wanted))
    return ipaddr.process(wanted).toString() === ipaddr.process(unbracket(address)).toString();
  if (wanted.startsWith('*.')) return name.endsWith(wanted.slice(1));
  return name === wanted;
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;

function isIn(address: Address, [network, bits]: [Address, number]): boolean {
  return address.kind() === network.kind() && address.match(network, bits);
}

/** The address, and the IPv4 address that it carries inside (mapped, NAT64, 6to4): a gateway would unwrap it. */
function unwrapped(text: string): Address[] {
  const address = ipaddr.process(unbracket(text).split('%')[0] ?? '');
  if (address.kind() === 'ipv4') return [address];
  const bytes = address.toByteArray();
  const range = address.range();
  if (range === 'rfc6052') return [address, ipaddr.fromByteArray(bytes.slice(12))];
  if (range === '6to4') return [address, ipaddr.fromByteArray(bytes.slice(2, 6))];
  // The deprecated IPv4-compatible form ::a.b.c.d
  if (bytes.slice(0, 12).every((byte) => byte === 0)) return [address, ipaddr.fromByteArray(bytes.slice(12))];
  return [address];
}

function unbracket(hostname: string): string {
  return hostname.startsWith('[') && hostname.endsWith(']') ? hostname.slice(1, -1) : hostname;
}
