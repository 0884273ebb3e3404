import type { ErrorDetail } from '../../domain/errors.js';
import type { Foreign } from '../foreign.js';
import { came, complain, isForeign, readText } from '../foreign.js';

/** What SNS posts; with raw message delivery there is none of it around the alarm. */
export const SNS_TYPES = ['Notification', 'SubscriptionConfirmation', 'UnsubscribeConfirmation'] as const;
export type SnsType = (typeof SNS_TYPES)[number];

/** True when the payload is an SNS message of its three types, whatever is in it. */
export function isEnvelope(payload: unknown): payload is Foreign & { readonly Type: SnsType } {
  if (!isForeign(payload) || !('TopicArn' in payload || 'MessageId' in payload || 'Message' in payload)) return false;
  return SNS_TYPES.some((type) => type === payload['Type']);
}

/** The alarm inside a notification: SNS carries it as a text that is JSON. Null after a complaint. */
export function openMessage(envelope: Foreign, details: ErrorDetail[]): Foreign | null {
  const value = envelope['Message'];
  // Some relays have taken the text apart already.
  if (isForeign(value)) return value;
  const text = readText(envelope, 'Message', '', details);
  if (details.length > 0) return null;
  const message = text === null ? null : parsed(text);
  if (isForeign(message)) return message;
  complain(
    details,
    'Message',
    `expected a CloudWatch alarm as JSON, came ${text === null ? came(value) : 'other text'}`,
  );
  return null;
}

/** The text that SNS signs, or null when a field of it is missing: name and value, a line each, by type in a fixed order. */
export function signedText(envelope: Foreign & { readonly Type: SnsType }): string | null {
  const names = SIGNED[envelope.Type];
  const lines: string[] = [];
  for (const name of names) {
    const value = envelope[name];
    // Only a subject may be missing, and then it is not signed.
    if (name === 'Subject' && (value === undefined || value === null)) continue;
    if (typeof value !== 'string') return null;
    lines.push(name, value);
  }
  return `${lines.join('\n')}\n`;
}

const CONFIRMATION = ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'];

const SIGNED: Readonly<Record<SnsType, readonly string[]>> = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  SubscriptionConfirmation: CONFIRMATION,
  UnsubscribeConfirmation: CONFIRMATION,
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
