import { describe, expect, it } from 'vitest';
import docs from '../../../../docs/zabbix-media-type.yaml?raw';
import handbook from '../../../../docs/alertmanager.md?raw';
import { alertmanagerConfig, zabbixMediaType } from './configurations.js';
import shown from './zabbix-media-type.yaml?raw';

describe('what newcomers paste', () => {
  it('is the media type of the handbook, with the address of this service', () => {
    expect(shown).toBe(docs);
    const text = zabbixMediaType(shown, 'https://fix.example.com');

    expect(text).toContain("value: 'https://fix.example.com/api/v1/webhooks/zabbix'");
    expect(text).not.toContain("'http://HOST");
  });

  it('says of Alertmanager what the handbook says', () => {
    const strip = (line: string): string => line.replace(/\s+#.*$/, '').trim();
    const inHandbook = new Set(handbook.split('\n').map(strip));
    const lines = alertmanagerConfig('http://fixpoint:8080')
      .split('\n')
      .map(strip)
      .filter((line) => line !== '' && !line.startsWith('#'));

    expect(lines.length).toBeGreaterThan(15);
    expect(lines.filter((line) => !inHandbook.has(line))).toEqual([]);
  });
});
