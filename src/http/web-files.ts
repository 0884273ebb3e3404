import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';

/** How a body is packed on its way, the best first. */
const PACKINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;

/** A folder of pages is a few dozen files; one that holds more is not ours. */
const MAX_FILES = 2_000;
const MAX_FILE_BYTES = 8 * 1024 * 1024;

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};

/** One file as it goes out. */
export interface WebFile {
  readonly body: Buffer;
  readonly type: string;
  /** `br`, `gzip`, or null for the file as it is. */
  readonly encoding: string | null;
  readonly etag: string;
}

/**
 * The built pages. Nothing is read before somebody asks; then the names of the folder's files are read once, and each file when it is asked for.
 * Only those names lead anywhere, so that no path leads out of the folder. When the pages are built anew they are read anew.
 */
export class WebFiles {
  readonly #folder: string;
  #listing: { readonly built: number; readonly names: Promise<ReadonlySet<string>> } | null = null;
  #files = new Map<string, Promise<WebFile>>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The page that all addresses show; null when the pages are not built. */
  async page(accepted: string | undefined): Promise<WebFile | null> {
    const built = await this.#builtAt();
    if (built === null) return null;
    if (this.#listing?.built !== built) this.#list(built);
    return this.file('index.html', accepted);
  }

  /** A file by its path below the folder, with `/` between its parts; null when there is none. */
  async file(path: string, accepted: string | undefined): Promise<WebFile | null> {
    const type = TYPES[extname(path)];
    if (type === undefined) return null;
    if (this.#listing === null) {
      const built = await this.#builtAt();
      if (built === null) return null;
      this.#list(built);
    }
    const listing = this.#listing;
    const names = await listing?.names;
    if (!names?.has(path)) return null;
    const packing = PACKINGS.find(([name, ending]) => names.has(path + ending) && accepts(accepted, name));
    const name = packing ? path + packing[1] : path;
    return this.#read(name, type, packing?.[0] ?? null);
  }

  async #builtAt(): Promise<number | null> {
    try {
      return (await stat(join(this.#folder, 'index.html'))).mtimeMs;
    } catch {
      // Not built, or being built at this moment.
      return null;
    }
  }

  #list(built: number): void {
    const names = namesIn(this.#folder);
    this.#listing = { built, names };
    this.#files = new Map();
    // What could not be read is read again by the next who asks.
    names.catch(() => (this.#listing = null));
  }

  #read(name: string, type: string, encoding: string | null): Promise<WebFile> {
    const files = this.#files;
    let file = files.get(name);
    if (file === undefined) {
      file = readWebFile(join(this.#folder, name), type, encoding);
      files.set(name, file);
      file.catch(() => files.delete(name));
    }
    return file;
  }
}

async function namesIn(folder: string): Promise<ReadonlySet<string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).slice(0, MAX_FILES);
  return new Set(
    files.map((entry) => join(entry.parentPath, entry.name).slice(join(folder, sep).length).replaceAll(sep, '/')),
  );
}

async function readWebFile(path: string, type: string, encoding: string | null): Promise<WebFile> {
  const { size } = await stat(path);
  if (size > MAX_FILE_BYTES)
    throw new Error(`${path} has ${size} bytes; a page has no file of more than ${MAX_FILE_BYTES}`);
  const body = await readFile(path);
  return { body, type, encoding, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"` };
}

/** Whether an Accept-Encoding header takes a packing: named, or by `*`, and not with a quality of 0. */
function accepts(header: string | undefined, packing: string): boolean {
  let byStar = false;
  for (const part of (header ?? '').toLowerCase().split(',')) {
    const [name, ...parameters] = part.split(';').map((text) => text.trim());
    const isTaken = !parameters.some((text) => /^q=0(\.0*)?$/.test(text));
    if (name === packing) return isTaken;
    if (name === '*') byStar = isTaken;
  }
  return byStar;
}
