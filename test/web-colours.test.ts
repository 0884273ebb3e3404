import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const tokens = readFileSync(join(import.meta.dirname, '..', 'src', 'web', 'styles', 'tokens.css'), 'utf8');

/** The colours of one theme, by name. */
function colours(theme: 0 | 1): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [, name = '', light = '', dark = ''] of tokens.matchAll(
    /--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g,
  ))
    found.set(name, theme === 0 ? light : dark);
  for (const [, name = '', colour = ''] of tokens.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)) found.set(name, colour);
  return found;
}

/** The contrast of two colours as WCAG counts it. */
function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

const SURFACES = ['surface', 'raised', 'sunken', 'hover', 'selected'];
const TEXTS = ['text', 'text-2', 'text-3', 'accent', 'good', 'warn', 'bad', 'info', 'calm', 'busy'];
const TONES = ['good', 'warn', 'bad', 'info', 'calm', 'busy'];

describe.each([
  ['light', 0],
  ['dark', 1],
] as const)('the %s theme', (_name, theme) => {
  const all = colours(theme);
  const of = (name: string): string => all.get(name) ?? 'missing';

  it.each([
    ...SURFACES.flatMap((surface) => TEXTS.map((text) => [text, surface] as const)),
    ...TONES.flatMap((tone) => ['text', 'text-2', tone].map((text) => [text, `${tone}-soft`] as const)),
    ...['accent-fill', 'accent-fill-hover', 'bad-fill', 'bad-fill-hover'].map((fill) => ['on-accent', fill] as const),
  ])('shows %s on %s with enough contrast to be read', (text, surface) => {
    expect(contrast(of(text), of(surface))).toBeGreaterThanOrEqual(4.5);
  });

  it.each(SURFACES.slice(0, 2))('shows the edges of fields on %s', (surface) => {
    expect(contrast(of('line-strong'), of(surface))).toBeGreaterThanOrEqual(3);
  });
});
