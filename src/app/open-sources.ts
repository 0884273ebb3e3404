import { z } from 'zod';
import type { Settings } from '../config.js';
import type { LabelSubject } from '../domain/api/alert.js';
import type { Source, SourceModule, WebhookEnvelope } from '../domain/source.js';
import type { IngestParts } from '../ingest/ingest.js';
import { sources as sourceModules } from '../source/registry.js';
import { createSubject, SUBJECT_SETTINGS } from '../source/subject.js';

/** The monitoring systems as the intake asks them: by name, and by the names of the ways in which a system's slice tells to read its payloads. */
export function openSources(
  settings: Pick<Settings, 'sources'>,
  modules: readonly SourceModule[] = sourceModules,
): Pick<IngestParts, 'sources' | 'recognizers'> {
  const sources = new Map<string, Source>();
  const recognizers: IngestParts['recognizers'][number][] = [];
  for (const module of modules) {
    const { name } = module;
    const source = module.create(settings.sources[name] ?? module.config.parse({}));
    sources.set(name, source);
    for (const [variant, read] of source.variants ?? []) sources.set(`${name}/${variant}`, read);
    recognizers.push({ name, recognizes: (payload) => (source.recognizes ?? module.recognizes)(payload) });
  }
  return { sources, recognizers };
}

/** By source: what makes one body of a webhook that says a part of it in headers. */
export function webhookEnvelopes(
  modules: readonly SourceModule[] = sourceModules,
): ReadonlyMap<string, WebhookEnvelope> {
  return new Map(modules.flatMap(({ name, envelope }) => (envelope === undefined ? [] : [[name, envelope] as const])));
}

/** What an alert by hand is about: found in its labels by the settings of those that are posted in Fixpoint's own fields. */
export function handSubject({ sources }: Pick<Settings, 'sources'>): LabelSubject {
  return createSubject(z.object(SUBJECT_SETTINGS).parse(sources['generic'] ?? {}));
}
