import { describe, expect, it } from 'vitest';
import { failureActions } from '../../../domain/playbook/playbook.js';
import { failureWords } from './failure-words.js';

describe('what a failure means', () => {
  it('is said as the service understands it, whatever is written', () => {
    const written = [
      undefined,
      'abort_with_notification',
      'continue_with_notification',
      'send_notification',
      'send_notification_and_escalate',
      'abort',
      'continue',
      'skip',
      'notify',
      'escalate',
      'compensate',
      ['compensate', 'escalate'],
      ['skip', 'notify'],
      ['send_notification_and_escalate', 'compensate'],
    ] as const;

    for (const one of written) {
      // A copy, for the schema's type is a list that may be changed.
      const on_failure = typeof one === 'object' ? [...one] : one;
      const meant = failureActions(on_failure).filter((action) => action !== 'notify');
      expect([...failureWords(on_failure)].sort()).toEqual([...meant].sort());
    }
  });
});
