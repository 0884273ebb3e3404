import { describe, expect, it } from 'vitest';
import { mapSeverity } from './severity.js';

describe('mapSeverity', () => {
  it.each([
    [
      'critical',
      'critical disaster high page P1 P0 sev1 SEV-1 sev0 Crit emergency EMERG alert fatal error err major urgent Severity_1 严重',
    ],
    ['warning', 'warning Warn average medium moderate minor P2 P3 sev2 SEV-3 ticket 警告'],
    ['info', 'info none notice low debug P4 P5 sev4 information informational Not-Classified ok trivial 提示'],
  ])('knows the words for %s', (severity, words) => {
    for (const word of words.split(' ')) expect([word, mapSeverity(word)]).toEqual([word, { severity, known: true }]);
  });

  it.each([
    [' CRITICAL ', 'critical'],
    ['not classified', 'info'],
    ['sev 1', 'critical'],
  ])('does not mind the spelling of %j', (word, severity) => {
    expect(mapSeverity(word)).toEqual({ severity, known: true });
  });

  it.each([[''], ['bananas'], ['constructor'], ['__proto__'], ['1'], ['critical!'], ['p'.repeat(10_000)]])(
    'takes the unknown word %j for a warning and says so',
    (word) => {
      expect(mapSeverity(word)).toEqual({ severity: 'warning', known: false });
    },
  );
});
