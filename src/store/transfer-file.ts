import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { FixpointError, messageOf } from '../domain/errors.js';
import type { Line } from './transfer.js';

/** A row holds a body of at most 64 MiB as hex; what is longer than this is no export. */
const MAX_LINE_BYTES = 256 * 1024 * 1024;

/**
 * Makes a file out of what `produce` writes, compressed when its name ends in `.gz`. It stands under its name only when it is whole and on
 * disk, and nobody but its owner may read it. An existing file is never replaced.
 */
export async function writeWholeFile<T>(
  path: string,
  produce: (write: (text: string) => Promise<void>) => Promise<T>,
): Promise<T> {
  const exists = (): FixpointError =>
    new FixpointError('conflict', `${path} exists already; name a file that does not`);
  if (existsSync(path)) throw exists();
  const aside = `${path}.part`;
  const file = createWriteStream(aside, { mode: 0o600, flush: true });
  const zip = path.endsWith('.gz') ? createGzip() : null;
  const written = zip ? pipeline(zip, file) : finished(file);
  // Awaited below; here only so that a full disk is not an unhandled rejection while rows are still read.
  written.catch(() => undefined);
  try {
    const answer = await produce((text) => writeTo(zip ?? file, text));
    (zip ?? file).end();
    await written;
    if (existsSync(path)) throw exists();
    await rename(aside, path);
    return answer;
  } catch (error) {
    (zip ?? file).destroy();
    await written.catch(() => undefined);
    await rm(aside, { force: true });
    throw isFileError(error)
      ? new FixpointError('unavailable', `${path} cannot be written: ${messageOf(error)}`, { cause: error })
      : error;
  }
}

/** Writes to a stream no faster than it takes it. Rejects when it is closed or breaks. */
export async function writeTo(stream: Writable, text: string): Promise<void> {
  if (stream.errored) throw stream.errored;
  if (stream.destroyed) throw new FixpointError('unavailable', 'nobody reads what is written any more');
  if (!stream.write(text)) await once(stream, 'drain');
}

/** The lines of a file, or of a stream; whether it is compressed is seen by its first bytes. Throws `invalid` with the line it cannot read. */
export async function* readLines(from: string | Readable): AsyncGenerator<Line> {
  const source = typeof from === 'string' ? createReadStream(from) : from;
  const name = typeof from === 'string' ? from : 'standard input';
  let number = 1;
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    let parts: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of unpacked(source)) {
      let start = 0;
      for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
        parts.push(chunk.subarray(start, end));
        yield { number, text: decoder.decode(Buffer.concat(parts)) };
        [parts, size, start] = [[], 0, end + 1];
        number += 1;
      }
      parts.push(chunk.subarray(start));
      size += chunk.length - start;
      if (size > MAX_LINE_BYTES) throw new FixpointError('invalid', `line ${number}: is longer than any row can be`);
    }
    const rest = decoder.decode(Buffer.concat(parts));
    if (rest !== '') yield { number, text: rest };
  } catch (error) {
    if (error instanceof FixpointError) throw error;
    if (error instanceof TypeError) throw new FixpointError('invalid', `line ${number}: is not UTF-8`);
    if (codeOf(error).startsWith('Z_'))
      throw new FixpointError('invalid', `line ${number}: the compressed file is damaged or cut off here`);
    if (isFileError(error)) throw new FixpointError('invalid', `${name} cannot be read: ${messageOf(error)}`);
    throw error;
  } finally {
    source.destroy();
  }
}

async function* unpacked(source: Readable): AsyncGenerator<Buffer> {
  const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>; // a stream without an encoding yields buffers
  let head = Buffer.alloc(0);
  let ended = false;
  while (head.length < 2 && !ended) {
    const next = await chunks.next();
    if (next.done === true) ended = true;
    else head = Buffer.concat([head, next.value]);
  }
  async function* all(): AsyncGenerator<Buffer> {
    yield head;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
  }
  if (head[0] !== 0x1f || head[1] !== 0x8b) {
    yield* all();
    return;
  }
  const gunzip = createGunzip();
  const piped = pipeline(all, gunzip);
  // Its failure is the failure of reading `gunzip`, which is waited for.
  piped.catch(() => undefined);
  yield* gunzip as AsyncIterable<Buffer>; // as above
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

/** ENOENT, EACCES, ENOSPC, EPIPE …: what the system says of a file. */
function isFileError(error: unknown): boolean {
  return /^E[A-Z]+$/.test(codeOf(error));
}
