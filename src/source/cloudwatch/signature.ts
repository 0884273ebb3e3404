import { createVerify } from 'node:crypto';
import { FixpointError } from '../../domain/errors.js';
import type { Foreign } from '../foreign.js';
import type { Certificates } from './certificates.js';
import type { SnsType } from './envelope.js';
import { signedText } from './envelope.js';

/** What became of looking at a signature. */
export type SignatureCheck =
  | { readonly type: 'valid' }
  | { readonly type: 'unsigned' }
  | { readonly type: 'wrong'; readonly why: string }
  /** Its certificate cannot be had now. */
  | { readonly type: 'unknown'; readonly error: FixpointError };

/**
 * Regions only: `sns.s3-us-west-2.amazonaws.com` is a bucket that anybody may have called "sns", and whoever chooses the certificate
 * signs whatever they like.
 */
const HOST = /^sns\.[a-z]{2}(?:-[a-z]{2,20}){1,3}-\d{1,2}\.amazonaws\.com(?:\.cn)?$/;

/** The address when it is SNS' own, by HTTPS on its usual port; else null. */
export function snsAddress(text: unknown): URL | null {
  if (typeof text !== 'string' || text.length > 4_096 || !URL.canParse(text)) return null;
  const url = new URL(text);
  const isPlain = url.port === '' && url.username === '' && url.password === '';
  return url.protocol === 'https:' && isPlain && HOST.test(url.hostname) ? url : null;
}

/** Looks whether SNS signed the message, by either version of its signatures. */
export async function checkSignature(
  envelope: Foreign & { readonly Type: SnsType },
  certificates: Certificates,
): Promise<SignatureCheck> {
  const { Signature: signature, SigningCertURL: address, SignatureVersion: version } = envelope;
  if (signature === undefined && address === undefined) return { type: 'unsigned' };
  if (typeof signature !== 'string' || signature === '') return wrong('Signature is missing');
  const algorithm = version === '1' ? 'RSA-SHA1' : version === '2' ? 'RSA-SHA256' : null;
  if (algorithm === null) return wrong('SignatureVersion is neither 1 nor 2');
  const url = snsAddress(address);
  if (url === null || !/^\/[\w-]{1,200}\.pem$/.test(url.pathname) || url.search !== '')
    return wrong('SigningCertURL is no certificate of https://sns.<region>.amazonaws.com');
  const text = signedText(envelope);
  if (text === null) return wrong('a field that is signed is missing');
  try {
    const key = await certificates.keyAt(url);
    const fits = createVerify(algorithm).update(text, 'utf8').verify(key, signature, 'base64');
    return fits ? { type: 'valid' } : wrong('Signature does not fit the message');
  } catch (error) {
    if (error instanceof FixpointError) return { type: 'unknown', error };
    throw error;
  }
}

function wrong(why: string): SignatureCheck {
  return { type: 'wrong', why };
}
