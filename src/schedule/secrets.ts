/** The secrets that playbooks may use, by name. */
export interface SecretGrant {
  readonly value: string;
  /** Playbooks that may use it. */
  readonly playbooks: readonly string[];
}

/** A value shorter than this is not looked for in outputs: replacing `on` everywhere would hide more than it protects. */
const SHORTEST_REDACTED = 6;

/**
 * Keeps secret values out of everything that is rendered, recorded or told. Playbooks are rendered with marks, which nobody outside can
 * guess; the values are put in when a request is sent, and records show the name.
 */
export class SecretVault {
  readonly #grants: Readonly<Record<string, SecretGrant>>;
  readonly #mark: string;
  readonly #redacted: readonly { value: string; name: string }[];

  /** `nonce`: letters and digits, different in every process. */
  constructor(grants: Readonly<Record<string, SecretGrant>>, nonce: string) {
    this.#grants = grants;
    this.#mark = `secret-${nonce}-`;
    // The longest first: where one begins with another, replacing the shorter one would leave the rest of the longer one to be read.
    this.#redacted = Object.entries(grants)
      .filter(([, grant]) => grant.value.length >= SHORTEST_REDACTED)
      .flatMap(([name, grant]) => formsOf(grant.value).map((value) => ({ value, name })))
      .sort((a, b) => b.value.length - a.value.length);
  }

  /** What `secrets` is in the expressions of a playbook: only the names that it may use are there. */
  scopeFor(playbook_id: string): Readonly<Record<string, string>> {
    const scope: Record<string, string> = {};
    for (const [name, grant] of Object.entries(this.#grants))
      if (grant.playbooks.includes(playbook_id)) scope[name] = `${this.#mark}${name}-end`;
    return scope;
  }

  /** Puts the values in the places of their marks; `encode` is applied where a mark stands inside the named top-level keys. */
  reveal(value: unknown, encodeOf: (key: string) => ((text: string) => string) | null): unknown {
    if (this.#redacted.length === 0 && Object.keys(this.#grants).length === 0) return value;
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        this.#replaceMarks(item, (name) => this.#valueOf(name, encodeOf(key))),
      ]),
    );
  }

  /** Shows marks by their name, and any secret value that came back from outside as well. */
  conceal<T>(value: T): T {
    if (Object.keys(this.#grants).length === 0) return value;
    const shown = this.#replaceMarks(value, (name) => `{{ secrets.${name} }}`);
    return this.#redact(shown) as T; // the same shape with other texts
  }

  #valueOf(name: string, encode: ((text: string) => string) | null): string {
    const value = this.#grants[name]?.value ?? '';
    return encode ? encode(value) : value;
  }

  #replaceMarks(value: unknown, put: (name: string) => string): unknown {
    return mapTexts(value, (text) => {
      if (!text.includes(this.#mark)) return text;
      let shown = text;
      for (const name of Object.keys(this.#grants))
        shown = shown.replaceAll(`${this.#mark}${name}-end`, () => put(name));
      return shown;
    });
  }

  #redact(value: unknown): unknown {
    if (this.#redacted.length === 0) return value;
    return mapTexts(value, (text) => {
      let shown = text;
      for (const { value: secret, name } of this.#redacted) shown = shown.replaceAll(secret, `{{ secrets.${name} }}`);
      return shown;
    });
  }
}

/** A value as it stands in requests, and so in what is said about them: itself, in an address, in JSON. */
function formsOf(value: string): string[] {
  const whole = value.toWellFormed(); // an address cannot hold half a character
  const forms = new Set([value, encodeURIComponent(whole), new URLSearchParams({ v: value }).toString().slice(2)]);
  return [...forms.add(JSON.stringify(value).slice(1, -1))];
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapTexts(item, change)]));
}
