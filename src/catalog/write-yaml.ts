import { stringify } from 'yaml';

/** A value as YAML that people can go on writing in: long texts in blocks, nothing folded, nothing by reference. */
export function writeYaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false, version: '1.2' });
}
