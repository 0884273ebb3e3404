import type { Role } from '../domain/access/access.js';
import { NewTokenAnswer, TokenDraft } from '../domain/api/token.js';
import { Health } from '../domain/api/system.js';
import { FixpointError, messageOf } from '../domain/errors.js';
import { schemaProblems } from '../domain/schema-problem.js';
import { ApiClient } from './api-client.js';
import type { ApiOptions } from './api-client.js';
import { outJson, perform, UsageError } from './io.js';
import type { CliIo, ExitCode } from './io.js';

export interface TokenCreateOptions extends ApiOptions {
  readonly name: string;
  readonly role: string;
  /** A configuration: the token is for the Fixpoint that it describes. */
  readonly config?: string | undefined;
}

/** What is shown of a new token: the only time that its text can be seen. */
export type MadeToken = Pick<NewTokenAnswer, 'token_id' | 'token'>;

/** Makes a token in the store of the configuration; where a running Fixpoint holds that store, answers where that one listens. */
export type CreateToken = (name: string, role: Role) => Promise<MadeToken | { readonly held_at: string }>;

/**
 * `fixpoint token create`: prints a new token, once. A running Fixpoint makes it where one answers and a token for it is at hand, or
 * where it holds the store; else it is written into the store itself.
 */
export async function tokenCreate(options: TokenCreateOptions, io: CliIo, create: CreateToken): Promise<ExitCode> {
  return perform(io, async () => {
    const draft = draftOf(options);
    const { token_id, token, by } = await make(options, io, draft, create);
    if (options.json) outJson(io, { token_id, ...draft, token });
    else {
      // The token alone on standard output, so that it can be piped.
      io.out(token);
      const maker = by === null ? '' : `, made by the Fixpoint at ${by}`;
      io.err(`token ${token_id} for ${draft.name} (${draft.role})${maker}; it is shown this once`);
    }
    return 0;
  });
}

function draftOf({ name, role }: TokenCreateOptions): { readonly name: string; readonly role: Role } {
  const draft = TokenDraft.safeParse({ name, role });
  if (draft.success) return draft.data;
  const problems = schemaProblems(TokenDraft, { name, role });
  throw new UsageError(problems.map(({ path, message }) => `--${path.join('.')}: ${message}`).join('\n'));
}

type Draft = ReturnType<typeof draftOf>;

/** `by` is the address of the Fixpoint that made it; null where it was written into the store. */
type Made = MadeToken & { readonly by: string | null };

async function make(options: TokenCreateOptions, io: CliIo, draft: Draft, create: CreateToken): Promise<Made> {
  const api = new ApiClient(io, options);
  if (api.is_named) return askFor(draft, api);
  // A configuration that is named tells which Fixpoint is meant; what answers at the usual address may be another one.
  const config = options.config ?? io.env['FIXPOINT_CONFIG'] ?? '';
  if (config === '' && api.has_token && (await answers(api))) return askFor(draft, api);
  const made = await create(draft.name, draft.role);
  if (!('held_at' in made)) return { ...made, by: null };
  return askFor(draft, new ApiClient(io, { ...options, url: made.held_at })).catch((error: unknown) => {
    const code = error instanceof FixpointError ? error.code : 'unavailable';
    const message = `a running Fixpoint holds the store, and could not make the token: ${messageOf(error)}`;
    throw new FixpointError(code, message, { cause: error });
  });
}

async function askFor(draft: Draft, api: ApiClient): Promise<Made> {
  return { ...(await api.post('/api/v1/tokens', draft, NewTokenAnswer)), by: api.base };
}

/** Whether a Fixpoint is there. Asked first, because a token must not be made twice when an answer is lost. */
async function answers(api: ApiClient): Promise<boolean> {
  return api.get('/healthz', Health).then(
    () => true,
    () => false,
  );
}
