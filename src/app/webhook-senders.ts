import type { Settings } from '../config.js';
import type { Log } from '../domain/log.js';
import type { SenderProof, SourceDeps, SourceGate, SourceModule } from '../domain/source.js';
import { sources } from '../source/registry.js';

/** How the systems behind the sources prove what they send, and what their payloads pass before they are parsed. */
export interface WebhookSenders {
  /** By source; only those whose slice of the configuration says how. */
  readonly proofs: ReadonlyMap<string, SenderProof>;
  readonly gates: ReadonlyMap<string, SourceGate>;
  /** Ends what is under way; may be called twice. */
  stop(): Promise<void>;
}

/** Opens them by the validated slices `sources.<name>` of the configuration; nothing is dialled before the first webhook. */
export function openWebhookSenders(
  config: Readonly<Record<string, unknown>>,
  deps: SourceDeps & { readonly log: Log },
  modules: readonly SourceModule[] = sources,
): WebhookSenders {
  const proofs = new Map<string, SenderProof>();
  const gates = new Map<string, SourceGate>();
  for (const module of modules) {
    const slice = config[module.name] ?? module.config.parse(undefined);
    const gate = module.openGate?.(slice, deps);
    const proof = module.senderProof?.(slice, deps) ?? gate?.proof;
    if (proof) proofs.set(module.name, proof);
    if (gate) gates.set(module.name, gate);
  }
  return {
    proofs,
    gates,
    async stop() {
      await Promise.allSettled(Array.from(gates.values(), (gate) => gate.stop()));
    },
  };
}

/** By source: the key that its webhooks may be signed with. */
export function sourceSecretsOf(settings: Settings): ReadonlyMap<string, string> {
  const secrets = new Map<string, string>();
  for (const [name, slice] of Object.entries(settings.sources)) {
    if (typeof slice === 'object' && slice !== null && 'secret' in slice && typeof slice.secret === 'string')
      secrets.set(name, slice.secret);
  }
  return secrets;
}
