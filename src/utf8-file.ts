import { readFileSync } from 'node:fs';
import { FixpointError, messageOf } from './domain/errors.js';

/** The text of a file, without a byte order mark. Bytes that are no UTF-8 would become other ones in silence, in a password too: they are refused. */
export function readUtf8(file: string): string {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    throw new FixpointError('invalid', `${file} cannot be read: ${messageOf(cause)}`, { cause });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new FixpointError('invalid', `${file}: expected UTF-8, came bytes that are none; save the file as UTF-8`);
  }
}
