/** What keys do something, and what. */
export interface KeyBinding {
  /** `j`, `Enter`, `?`, `mod+k` (Ctrl or Command), or two one after the other: `g r`. */
  readonly keys: string;
  readonly label: string;
  /** It works on every page; the help lists it so. */
  readonly everywhere?: boolean | undefined;
  readonly run: () => void;
}

/** The keys that are bound. */
export interface KeyBook {
  /** Answers how to take them back. */
  add(bindings: readonly KeyBinding[]): () => void;
  /** Answers whether the key meant something. */
  press(key: string): boolean;
  list(): readonly KeyBinding[];
}

/** How long the second key of two may take. */
const SECOND_WITHIN_MS = 1_200;

/** Bindings in force, the latest first. `now` is a clock in milliseconds. */
export function createKeyBook(now: () => number): KeyBook {
  let books: readonly (readonly KeyBinding[])[] = [];
  let first: { readonly key: string; readonly at: number } | null = null;

  function find(keys: string): KeyBinding | undefined {
    for (const book of books) {
      const found = book.find((binding) => binding.keys === keys);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  return {
    add(bindings) {
      books = [bindings, ...books];
      return () => {
        books = books.filter((book) => book !== bindings);
      };
    },
    press(key) {
      const before = first !== null && now() - first.at <= SECOND_WITHIN_MS ? first.key : null;
      first = null;
      const found = (before === null ? undefined : find(`${before} ${key}`)) ?? find(key);
      if (found !== undefined) {
        found.run();
        return true;
      }
      const begins = books.some((book) => book.some(({ keys }) => keys.startsWith(`${key} `)));
      if (begins) first = { key, at: now() };
      return begins;
    },
    list() {
      const seen = new Set<string>();
      return books.flat().filter(({ keys }) => {
        if (seen.has(keys)) return false;
        seen.add(keys);
        return true;
      });
    },
  };
}
