// Configures a bare Zabbix 6.0 through its JSON-RPC API: a trapper host, its triggers, Fixpoint's media type as docs/ ships it, a user, an action, an API token.
// It may run again: what is there already is brought up to date, so that the webhook can be pointed elsewhere.
//   ZBX_API   the API (default: the server of these scripts)
//   HOOK      where the webhook goes: http://127.0.0.1:8080/api/v1/webhooks/zabbix (default: the capture receiver on 28080)
//   FIXPOINT_TOKEN, FIXPOINT_SECRET   its bearer token, and the secret of its signature (default: neither)
//   TOKEN_OUT a file for the Zabbix API token
import fs from 'node:fs';

const API = process.env.ZBX_API ?? 'http://127.0.0.1:28081/api_jsonrpc.php';
const HOOK = process.env.HOOK ?? 'http://127.0.0.1:28080/zabbix?code=202';
const REQUEST_LIMIT_MS = 30_000;

let auth = null;
let requestId = 0;

async function rpc(method, params) {
  requestId += 1;
  const response = await fetch(API, {
    method: 'POST',
    headers: { 'content-type': 'application/json-rpc' },
    body: JSON.stringify({ jsonrpc: '2.0', method, params, id: requestId, ...(auth ? { auth } : {}) }),
    signal: AbortSignal.timeout(REQUEST_LIMIT_MS),
  });
  const answer = await response.json();
  if (answer.error) throw new Error(`${method}: ${JSON.stringify(answer.error)}`);
  return answer.result;
}

/** The id of what `filter` finds, after an update to `wanted`; else of what was created from it. */
async function ensure(noun, key, filter, wanted, fixed = {}) {
  const found = await rpc(`${noun}.get`, { output: [key], filter });
  const id = found[0]?.[key];
  if (id) {
    await rpc(`${noun}.update`, { [key]: id, ...wanted });
    return id;
  }
  const created = await rpc(`${noun}.create`, { ...wanted, ...fixed });
  return created[`${key}s`][0];
}

/** The media type that operators import: what is shipped is what is tested. */
const MEDIA_TYPE = new URL('../../../docs/zabbix-media-type.yaml', import.meta.url);

async function makeHost() {
  const groupId = await ensure('hostgroup', 'groupid', { name: 'Fixpoint/Payments' }, { name: 'Fixpoint/Payments' });
  const host = {
    host: 'checkout-01',
    name: 'Checkout 01 (生产)',
    groups: [{ groupid: groupId }],
    tags: [
      { tag: 'service', value: 'checkout' },
      { tag: 'env', value: 'prod' },
    ],
    macros: [{ macro: '{$K8S_NAMESPACE}', value: 'payments' }],
  };
  const address = { type: 1, main: 1, useip: 1, ip: '127.0.0.1', dns: 'checkout-01.local', port: '10050' };
  const hostId = await ensure('host', 'hostid', { host: 'checkout-01' }, host, { interfaces: [address] });
  await makeItem(hostId, 'app.error_rate', 'Error rate', 0, '%');
  await makeItem(hostId, 'app.pods_ready', 'Ready pods', 3);
  await makeItem(hostId, 'app.log', 'Application log', 2);
  return { groupId, hostId };
}

async function makeItem(hostId, key, name, valueType, units = '') {
  const item = { name, key_: key, type: 2, value_type: valueType, units, tags: [{ tag: 'component', value: 'app' }] };
  await ensure('item', 'itemid', { key_: key }, item, { hostid: hostId });
}

async function makeTriggers() {
  const triggers = [
    {
      description: 'High error rate on {HOST.NAME}: {ITEM.LASTVALUE1}',
      expression: 'last(/checkout-01/app.error_rate)>5',
      recovery_mode: 1,
      recovery_expression: 'last(/checkout-01/app.error_rate)<2',
      priority: 4,
      opdata: 'now {ITEM.LASTVALUE1}',
      url: 'http://wiki.example.test/error-rate',
      comments: 'Line 1 "quoted"\nLine 2 <b>&amp;</b> 恢复 {$K8S_NAMESPACE}',
      tags: [
        { tag: 'scope', value: 'availability' },
        { tag: 'runbook', value: 'restart-deployment' },
      ],
    },
    {
      description: 'Pods not ready',
      event_name: 'Only {ITEM.LASTVALUE} pods ready of checkout',
      expression: 'last(/checkout-01/app.pods_ready)<3',
      priority: 5,
      tags: [{ tag: 'k8s_deployment', value: 'checkout' }],
    },
    {
      description: 'ERROR line in log',
      expression: 'find(/checkout-01/app.log,,"like","ERROR")=1',
      priority: 3,
      type: 1,
      recovery_mode: 2,
      manual_close: 1,
      tags: [{ tag: 'log', value: '{{ITEM.VALUE}.regsub("code=([0-9]+)","\\1")}' }],
    },
  ];
  for (const trigger of triggers) await ensure('trigger', 'triggerid', { description: trigger.description }, trigger);
}

async function makeMediaType() {
  const rules = { mediaTypes: { createMissing: true, updateExisting: true } };
  await rpc('configuration.import', { format: 'yaml', source: fs.readFileSync(MEDIA_TYPE, 'utf8'), rules });
  const [found] = await rpc('mediatype.get', { output: ['mediatypeid', 'parameters'], filter: { name: 'Fixpoint' } });
  const ours = {
    fixpoint_url: HOOK,
    fixpoint_token: process.env.FIXPOINT_TOKEN ?? '',
    fixpoint_secret: process.env.FIXPOINT_SECRET ?? '',
  };
  const parameters = [
    ...found.parameters.filter(({ name }) => !(name in ours)),
    ...Object.entries(ours).map(([name, value]) => ({ name, value })),
  ];
  await rpc('mediatype.update', { mediatypeid: found.mediatypeid, status: 0, parameters });
  return found.mediatypeid;
}

async function makeUser(mediaTypeId) {
  const medias = [{ mediatypeid: mediaTypeId, sendto: 'fixpoint', active: 0, severity: 63, period: '1-7,00:00-24:00' }];
  const user = { username: 'fixpoint', passwd: 'Fixp0int-test!', roleid: '3', usrgrps: [{ usrgrpid: '7' }], medias };
  return ensure('user', 'userid', { username: 'fixpoint' }, user);
}

async function makeAction(groupId, mediaTypeId, userId) {
  const send = (extra = {}) => ({
    operationtype: 0,
    opmessage: { default_msg: 1, mediatypeid: mediaTypeId },
    opmessage_usr: [{ userid: userId }],
    ...extra,
  });
  const name = 'Send everything to Fixpoint';
  const action = {
    name,
    status: 0,
    esc_period: '60s',
    pause_suppressed: 1,
    notify_if_canceled: 1,
    filter: { evaltype: 0, conditions: [{ conditiontype: 0, operator: 0, value: groupId }] },
    operations: [send({ esc_step_from: 1, esc_step_to: 2, esc_period: '60s' })],
    recovery_operations: [send()],
    update_operations: [send()],
  };
  await ensure('action', 'actionid', { name }, action, { eventsource: 0 });
}

async function makeToken(userId) {
  const tokenId = await ensure('token', 'tokenid', { name: 'fixpoint' }, { name: 'fixpoint' }, { userid: userId });
  return (await rpc('token.generate', [tokenId]))[0].token;
}

async function setUp() {
  auth = await rpc('user.login', { username: 'Admin', password: 'zabbix' });
  await rpc('usermacro.createglobal', { macro: '{$ZABBIX.URL}', value: 'http://zabbix.example.test' }).catch(() => {
    // It is there already.
  });
  const { groupId, hostId } = await makeHost();
  await makeTriggers();
  const mediaTypeId = await makeMediaType();
  const userId = await makeUser(mediaTypeId);
  await makeAction(groupId, mediaTypeId, userId);
  const token = await makeToken(userId);
  if (process.env.TOKEN_OUT) fs.writeFileSync(process.env.TOKEN_OUT, token, { mode: 0o600 });
  console.log(JSON.stringify({ hostid: hostId, mediatypeid: mediaTypeId, userid: userId, webhook: HOOK }));
}

await setUp();
