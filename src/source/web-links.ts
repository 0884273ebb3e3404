import type { Labels } from '../domain/label.js';
import { isWebAddress } from './foreign.js';

/** The addresses among the texts that a browser opens as a page, under their names. */
export function webLinks(addresses: Readonly<Record<string, string | null>>): Labels {
  return Object.fromEntries(
    Object.entries(addresses).filter((entry): entry is [string, string] => entry[1] !== null && isWebAddress(entry[1])),
  );
}
