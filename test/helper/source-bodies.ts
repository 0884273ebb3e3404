import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ParsedAlert } from '../../src/domain/alert/alert.js';
import type { ErrorDetail } from '../../src/domain/errors.js';
import type { ParsedPayload, SourceModule } from '../../src/domain/source.js';

/** When the bodies of a source's tests come in. */
export const RECEIVED_AT = '2026-11-21T10:00:00.000Z';

/** A source with its configuration, and its documented bodies in test/fixture. */
export class SourceBodies<Config> {
  readonly #module: SourceModule<Config>;
  readonly #settings: unknown;

  constructor(module: SourceModule<Config>, settings?: unknown) {
    this.#module = module;
    this.#settings = settings;
  }

  /** A new copy of a body, which a test may change. */

  body(name: string): any {
    const file = join(import.meta.dirname, `../fixture/${this.#module.name}/${name}.json`);
    return JSON.parse(readFileSync(file, 'utf8'));
  }

  /** What became of a payload that must be understood; a text is the name of a body. */
  read(payload: unknown): ParsedPayload {
    const result = this.#parse(payload);
    if ('unusable' in result) throw new Error(JSON.stringify(result.unusable));
    return result;
  }

  /** Its first alert. */
  one(payload: unknown): ParsedAlert {
    return this.read(payload).alerts[0]!;
  }

  /** The complaints about a payload that is not usable. */
  refused(payload: unknown): readonly ErrorDetail[] | null {
    const result = this.#parse(payload);
    return 'unusable' in result ? result.unusable : null;
  }

  #parse(payload: unknown) {
    const source = this.#module.create(this.#module.config.parse(this.#settings));
    return source.parse(typeof payload === 'string' ? this.body(payload) : payload, Date.parse(RECEIVED_AT));
  }
}
