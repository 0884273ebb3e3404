import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { FixpointError } from '../domain/errors.js';

type Reader = (body: Uint8Array, limits: { maxOutputLength: number }) => Promise<Uint8Array>;

const READERS: ReadonlyMap<string, Reader> = new Map([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
  ['br', promisify(brotliDecompress)],
]);

/** How a body is packed; null where it is sent as it is. `invalid` for what nobody here can unpack. */
export function encodingOf(header: string | undefined): string | null {
  const encoding = (header ?? '').trim().toLowerCase();
  if (encoding === '' || encoding === 'identity') return null;
  if (READERS.has(encoding)) return encoding;
  const known = [...READERS.keys()].filter((name) => !name.startsWith('x-')).join(', ');
  throw new FixpointError(
    'invalid',
    `Content-Encoding ${encoding.slice(0, 40)} is not understood; expected ${known}, or none`,
  );
}

/** The body without its packing, of at most `limit` bytes. What was not packed as it says comes back as it is: it is no JSON, and told so. */
export async function unpacked(header: string | undefined, body: Uint8Array, limit: number): Promise<Uint8Array> {
  const read = READERS.get(encodingOf(header) ?? '');
  if (read === undefined) return body;
  try {
    return await read(body, { maxOutputLength: limit });
  } catch (error) {
    if (error instanceof RangeError)
      throw new FixpointError('too_large', `the body is larger than ${limit} bytes (body_limit) when it is unpacked`);
    return body;
  }
}
