/** The API shows so much of a body; longer ones are cut. */
const MOST_SHOWN = 64 * 1024;

/** A kept body as what it is: JSON, or only text. */
export type ReadBody =
  | { readonly isJson: true; readonly value: unknown; readonly isCut: boolean }
  | { readonly isJson: false; readonly value: null; readonly isCut: boolean };

/** Reads a kept body; what is not JSON (any more: it may be cut) stays text. */
export function readBody(body: string): ReadBody {
  const isCut = new TextEncoder().encode(body).length >= MOST_SHOWN - 3;
  try {
    const value: unknown = JSON.parse(body);
    // A bare number or word is text that happens to be JSON.
    if (typeof value === 'object' && value !== null) return { isJson: true, value, isCut: false };
  } catch {
    // Text, then.
  }
  return { isJson: false, value: null, isCut };
}
