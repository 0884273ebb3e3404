import type { ErrorDetail } from '../../domain/errors.js';
import type { Foreign } from '../foreign.js';
import { readText } from '../foreign.js';

/**
 * `{EVENT.RECOVERY.ID}`, `{EVENT.TAGS.service}`, `{$ZABBIX.URL}`, `{#FSNAME}`, `{ITEM.VALUE1}`, `{{ITEM.VALUE}.regsub(...)}`, `{?avg(...)}`:
 * what Zabbix sends when it has nothing to put there.
 */
const UNRESOLVED = new RegExp(
  [
    String.raw`^\{[$#]?[A-Z][A-Z0-9_]*(?:\.[^{}]{1,200})?(?::[^{}]{1,200})?\}$`,
    String.raw`^\{\{[#A-Z][A-Z0-9_.]*\}\.[a-z]+\([^{}]{0,500}\)\}$`,
    String.raw`^\{\?[^{}]{1,500}\}$`,
  ].join('|'),
);

/** A field that a macro filled; null when it is absent, empty or an unresolved macro. Anything but a text is a complaint. */
export function readMacro(data: Foreign, key: string, at: string, details: ErrorDetail[]): string | null {
  const text = readText(data, key, at, details);
  if (text === null || text.trim() === '' || text === '*UNKNOWN*' || UNRESOLVED.test(text)) return null;
  return text;
}
