import type { Labels } from '../domain/alert/label.js';
import { isWebAddress } from './foreign.js';

/** No browser takes a longer one, and an address that is cut leads elsewhere. */
const MAX_ADDRESS = 16_384;

/** The addresses among the texts that a browser opens as a page, under their names. */
export function webLinks(addresses: Readonly<Record<string, string | null>>): Labels {
  return Object.fromEntries(
    Object.entries(addresses).filter(
      (entry): entry is [string, string] =>
        entry[1] !== null && entry[1].length <= MAX_ADDRESS && isWebAddress(entry[1]),
    ),
  );
}
