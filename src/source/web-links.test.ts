import { expect, it } from 'vitest';
import { webLinks } from './web-links.js';

it('keeps addresses that a browser opens as a page, and drops all others', () => {
  const links = webLinks({
    dashboard: 'https://grafana.example/d/1',
    runbook: 'javascript:alert(1)',
    generator: '',
    silence: null,
    image: `https://grafana.example/${'x'.repeat(20_000)}`,
    panel: '/d/1',
  });

  expect(links).toEqual({ dashboard: 'https://grafana.example/d/1' });
});
