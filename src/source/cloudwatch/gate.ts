import { FixpointError } from '../../domain/errors.js';
import type { Clock } from '../../domain/clock.js';
import type { Log } from '../../domain/log.js';
import type { RawWebhook, SenderProof, SourceGate } from '../../domain/source.js';
import type { Foreign } from '../foreign.js';
import { storableText } from '../storable.js';
import type { AwsFetch } from './aws-fetch.js';
import { openAwsFetch } from './aws-fetch.js';
import { Certificates } from './certificates.js';
import type { SnsType } from './envelope.js';
import { isEnvelope } from './envelope.js';
import { checkSignature, snsAddress } from './signature.js';

/** What of `sources.cloudwatch` is about who sends. */
export interface SnsPolicy {
  readonly verify_signature: boolean | 'when_possible';
  readonly topics: readonly string[];
}

interface GateDeps {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly log: Log;
  /** The way to AWS; tests bring their own. */
  readonly fetch?: AwsFetch;
}

type Envelope = Foreign & { readonly Type: SnsType };

/** Looks whether SNS sent what claims to be from SNS, and confirms subscriptions. */
export function openSnsGate(policy: SnsPolicy, deps: GateDeps): SourceGate {
  return new SnsGate(policy, deps);
}

class SnsGate implements SourceGate {
  readonly #policy: SnsPolicy;
  readonly #topics: ReadonlySet<string>;
  readonly #log: Log;
  readonly #fetch: AwsFetch;
  readonly #certificates: Certificates;
  readonly proof?: SenderProof;

  constructor(policy: SnsPolicy, deps: GateDeps) {
    this.#policy = policy;
    this.#topics = new Set(policy.topics);
    this.#log = deps.log;
    this.#fetch = deps.fetch ?? openAwsFetch();
    this.#certificates = new Certificates(this.#fetch, deps.clock);
    // Anybody can have a topic, and SNS signs for all of them: without a list of topics a signature is no credential.
    if (policy.topics.length > 0 && policy.verify_signature !== false)
      this.proof = { header: 'x-amz-sns-message-type', proves: (webhook) => this.#proves(webhook) };
  }

  async pass(payload: unknown): Promise<void> {
    if (!isEnvelope(payload)) {
      if (this.#policy.verify_signature === true)
        throw new FixpointError('forbidden', 'the body is not signed: switch raw message delivery off in SNS');
      return;
    }
    this.#checkTopic(payload);
    if (this.#policy.verify_signature !== false) await this.#check(payload);
    if (payload.Type === 'SubscriptionConfirmation') await this.#confirm(payload);
  }

  async stop(): Promise<void> {
    await this.#fetch.stop();
  }

  #checkTopic(envelope: Envelope): void {
    if (this.#topics.size === 0 || this.#topics.has(String(envelope['TopicArn']))) return;
    throw new FixpointError('forbidden', 'TopicArn: this SNS topic is none of sources.cloudwatch.topics');
  }

  /** The request has a credential of its own; what cannot be looked at is let in by it, unless the configuration is strict. */
  async #check(envelope: Envelope): Promise<void> {
    const check = await checkSignature(envelope, this.#certificates);
    const isStrict = this.#policy.verify_signature === true;
    switch (check.type) {
      case 'valid':
        return;
      case 'wrong':
        throw new FixpointError('forbidden', `this message is not from SNS: ${check.why}`);
      case 'unsigned':
        if (isStrict) throw new FixpointError('forbidden', 'this message is not from SNS: it is not signed');
        return;
      case 'unknown':
        if (isStrict) throw check.error;
        this.#log.warn(
          { source: 'cloudwatch', topic: topicOf(envelope), reason: check.error.message },
          'the signature of an SNS message could not be looked at; it was let in by its own credential',
        );
    }
  }

  async #proves({ body }: RawWebhook): Promise<boolean> {
    const payload = jsonOf(body);
    if (!isEnvelope(payload) || !this.#topics.has(String(payload['TopicArn']))) return false;
    const check = await checkSignature(payload, this.#certificates);
    if (check.type === 'unknown') throw check.error;
    if (check.type === 'wrong') throw new FixpointError('forbidden', `this message is not from SNS: ${check.why}`);
    return check.type === 'valid';
  }

  async #confirm(envelope: Envelope): Promise<void> {
    const url = snsAddress(envelope['SubscribeURL']);
    if (url === null || url.searchParams.get('Action') !== 'ConfirmSubscription')
      throw new FixpointError('forbidden', 'SubscribeURL is no confirmation at https://sns.<region>.amazonaws.com');
    const topic = topicOf(envelope);
    const { status } = await this.#fetch.get(url);
    if (status >= 200 && status < 300) {
      this.#log.info({ source: 'cloudwatch', topic }, 'a subscription to an SNS topic was confirmed');
      return;
    }
    // A token that is used up or three days old does not become better by being sent again.
    if (status >= 400 && status < 500)
      throw new FixpointError(
        'invalid',
        `SNS answered ${status} to the confirmation: subscribe to the topic once more`,
      );
    throw new FixpointError('unavailable', `SNS answered ${status} to the confirmation; send it again`);
  }
}

function topicOf(envelope: Envelope): string {
  const topic = envelope['TopicArn'];
  return typeof topic === 'string' ? storableText(topic.slice(0, 300)) : '';
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8')) as unknown;
  } catch {
    return null;
  }
}
