import { Role } from '../domain/access.js';
import { outJson, perform, UsageError } from './io.js';
import type { CliIo, ExitCode, OutputOptions } from './io.js';

export interface TokenCreateOptions extends OutputOptions {
  readonly name: string;
  readonly role: string;
}

/** Makes a token and keeps its hash; the answer is the only time it can be seen. */
export type CreateToken = (name: string, role: Role) => Promise<{ readonly token_id: string; readonly token: string }>;

/** `fixpoint token create`: prints a new token, once. */
export async function tokenCreate(options: TokenCreateOptions, io: CliIo, create: CreateToken): Promise<ExitCode> {
  return perform(io, async () => {
    const role = Role.safeParse(options.role);
    if (!role.success) throw new UsageError(`expected --role to be one of ${Role.options.join(', ')}`);
    const name = options.name.trim();
    if (name === '' || name.length > 100 || /\p{Cc}/u.test(name)) {
      throw new UsageError('expected --name to be a text of 1 to 100 characters');
    }
    const { token_id, token } = await create(name, role.data);
    if (options.json) outJson(io, { token_id, name, role: role.data, token });
    else {
      // The token alone on standard output, so that it can be piped.
      io.out(token);
      io.err(`token ${token_id} for ${name} (${role.data}); it is shown this once`);
    }
    return 0;
  });
}
