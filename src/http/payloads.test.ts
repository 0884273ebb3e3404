import { describe, expect, it } from 'vitest';
import { anAlert } from '../../test/helper/an-alert.js';
import { errorOf, HttpFace } from '../../test/helper/http-face.js';
import { PayloadAnswer } from '../domain/api/payload.js';
import type { KeptPayload } from '../domain/alert/payload.js';

const face = new HttpFace();
const BATCH = '01KAJ00000000000000000';
const ALERT_ID = `${BATCH}0001`;
const BODY = '{"alerts": [{"labels": {"alertname": "A"}}, {"labels": {"alertname": "B"}}]}';

function know(over: { received_at?: string; alert_name?: string } = {}): void {
  const alert = anAlert({ alert_id: ALERT_ID, alert_name: 'B', labels: { alertname: 'B' }, ...over });
  face.world.alerts.push({ ...alert, decision: null, decisions: [] });
}

function keep(text: string | Uint8Array, over: Partial<KeptPayload> = {}): void {
  const head = Buffer.from(text);
  face.world.payloads.set(ALERT_ID, {
    alert_id: ALERT_ID,
    batch_id: BATCH,
    payload_id: 'p',
    source: 'alertmanager',
    received_at: '2026-11-21T09:59:00.000Z',
    received_from: 'am token',
    alerts: 2,
    rejected: 0,
    head,
    bytes: head.length,
    ...over,
  });
}

const ask = async () => PayloadAnswer.strict().parse((await face.get(`/api/v1/alerts/${ALERT_ID}/payload`)).json());

async function refusal(): Promise<string> {
  const answer = await face.get(`/api/v1/alerts/${ALERT_ID}/payload`);
  expect(answer.statusCode).toBe(404);
  return errorOf(answer).message;
}

describe('the payload of an alert', () => {
  it('is answered as it came, with who sent it and where in it the alert stands', async () => {
    know();
    keep(BODY);

    expect(await ask()).toEqual({
      alert_id: ALERT_ID,
      source: 'alertmanager',
      received_at: '2026-11-21T09:59:00.000Z',
      received_from: 'am token',
      bytes: BODY.length,
      truncated: false,
      text: BODY,
      index: 1,
      path: '/alerts/1',
    });
  });

  it('keeps a byte order mark and what is no UTF-8 visible, and does not guess where the alert is', async () => {
    know();
    keep(Buffer.from([0xef, 0xbb, 0xbf, 123, 0xff]), { bytes: 900_000 });

    const answer = await ask();

    expect(answer).toMatchObject({ text: '\uFEFF{\uFFFD', truncated: true, bytes: 900_000 });
    expect(answer).not.toHaveProperty('index');
  });

  it('is not there for a reader without a credential, nor for an alert that nobody knows', async () => {
    keep(BODY);

    expect((await face.get(`/api/v1/alerts/${ALERT_ID}/payload`, {})).statusCode).toBe(401);
    expect(await refusal()).toBe(`there is no alert ${ALERT_ID}`);
  });

  it('says why there is none: too new, too old, switched off, or not kept', async () => {
    know({ received_at: '2026-11-21T09:59:59.000Z' });
    expect(await refusal()).toContain('not kept yet');
    face.world.alerts.length = 0;
    know({ received_at: '2026-11-01T09:59:59.000Z' });
    expect(await refusal()).toContain('bodies are kept for 7 days (payloads.max_age)');
    face.world.alerts.length = 0;
    know({ received_at: '2026-11-21T09:00:00.000Z' });
    expect(await refusal()).toContain('came by no webhook');

    const deps = face.world.deps();
    await face.open({ ...deps, config: { ...deps.config, payloads: { keep: false, max_age_ms: null } } });
    expect(await refusal()).toContain('the setting payloads.keep is false');
  });
});
