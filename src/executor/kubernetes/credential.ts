import { hideSecrets } from '../http-request.js';

/** A token may change while a run lasts; a few generations of it are kept. */
const MAX_SPELLINGS = 40;

/** The credentials that are sent to one API server: wherever the server repeats one, it is hidden. */
export class Credentials {
  readonly #spellings = new Set<string>();

  constructor(token: string | undefined) {
    if (token !== undefined) this.#remember(token);
  }

  /** Takes note of the credential in a request's headers: kubeconfig, plug-ins and pods bring theirs only then. */
  noteSent(headers: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(headers)) {
      if (name.toLowerCase() !== 'authorization') continue;
      const [scheme, credential] = /^(\S+)\s+(.*)$/.exec(value)?.slice(1) ?? ['', value];
      this.#remember(credential ?? value);
      if (scheme?.toLowerCase() !== 'basic') continue;
      const pair = Buffer.from(credential ?? '', 'base64').toString('utf8');
      this.#remember(pair);
      this.#remember(pair.slice(pair.indexOf(':') + 1));
    }
  }

  /** Foreign text without any of them. To be asked before the text is cut, or half of one could be left. */
  hide(text: string): string {
    const longestFirst = [...this.#spellings].sort((a, b) => b.length - a.length);
    return hideSecrets(text, longestFirst);
  }

  /** As it is, and as it looks in an address, in JSON and in base64. */
  #remember(secret: string): void {
    const base64 = Buffer.from(secret, 'utf8').toString('base64');
    for (const spelling of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), base64]) {
      this.#spellings.delete(spelling);
      this.#spellings.add(spelling);
    }
    for (const oldest of this.#spellings) {
      if (this.#spellings.size <= MAX_SPELLINGS) return;
      this.#spellings.delete(oldest);
    }
  }
}
