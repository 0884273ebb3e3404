// Configures a bare Zabbix 6.0 through its JSON-RPC API: trapper host, triggers, webhook media type, user media, action.
import fs from 'node:fs';
const API = process.env.ZBX_API ?? 'http://127.0.0.1:28081/api_jsonrpc.php',
  HOOK = process.env.HOOK ?? 'http://127.0.0.1:28080/zabbix';
let auth = null,
  id = 0;
export const rpc = async (method, params) => {
  const r = await (
    await fetch(API, {
      method: 'POST',
      headers: { 'content-type': 'application/json-rpc' },
      body: JSON.stringify({ jsonrpc: '2.0', method, params, id: ++id, ...(auth ? { auth } : {}) }),
    })
  ).json();
  if (r.error) throw new Error(method + ': ' + JSON.stringify(r.error));
  return r.result;
};
auth = await rpc('user.login', { username: 'Admin', password: 'zabbix' });
const P = {
  // parameter name -> macro; all are official trigger-based notification macros of 6.0
  fixpoint_url: HOOK,
  fixpoint_token: 'zbx-token-123',
  fixpoint_secret: 's3cret',
  http_proxy: '',
  alert_subject: '{ALERT.SUBJECT}',
  alert_message: '{ALERT.MESSAGE}',
  alert_sendto: '{ALERT.SENDTO}',
  event_source: '{EVENT.SOURCE}',
  event_object: '{EVENT.OBJECT}',
  event_id: '{EVENT.ID}',
  event_name: '{EVENT.NAME}',
  event_value: '{EVENT.VALUE}',
  event_status: '{EVENT.STATUS}',
  event_severity: '{EVENT.SEVERITY}',
  event_nseverity: '{EVENT.NSEVERITY}',
  event_date: '{EVENT.DATE}',
  event_time: '{EVENT.TIME}',
  event_age: '{EVENT.AGE}',
  event_duration: '{EVENT.DURATION}',
  event_opdata: '{EVENT.OPDATA}',
  event_tags: '{EVENT.TAGS}',
  event_tags_json: '{EVENT.TAGSJSON}',
  event_ack_status: '{EVENT.ACK.STATUS}',
  event_tag_service: '{EVENT.TAGS.service}',
  event_update_status: '{EVENT.UPDATE.STATUS}',
  event_update_action: '{EVENT.UPDATE.ACTION}',
  event_update_message: '{EVENT.UPDATE.MESSAGE}',
  event_update_date: '{EVENT.UPDATE.DATE}',
  event_update_time: '{EVENT.UPDATE.TIME}',
  event_update_history: '{EVENT.UPDATE.HISTORY}',
  user_fullname: '{USER.FULLNAME}',
  event_recovery_id: '{EVENT.RECOVERY.ID}',
  event_recovery_name: '{EVENT.RECOVERY.NAME}',
  event_recovery_date: '{EVENT.RECOVERY.DATE}',
  event_recovery_time: '{EVENT.RECOVERY.TIME}',
  event_recovery_value: '{EVENT.RECOVERY.VALUE}',
  event_recovery_tags_json: '{EVENT.RECOVERY.TAGSJSON}',
  event_timestamp: '{EVENT.TIMESTAMP}', // 7.0+ only: stays literal on 6.0
  trigger_id: '{TRIGGER.ID}',
  trigger_name: '{TRIGGER.NAME}',
  trigger_description: '{TRIGGER.DESCRIPTION}',
  trigger_expression: '{TRIGGER.EXPRESSION}',
  trigger_status: '{TRIGGER.STATUS}',
  trigger_severity: '{TRIGGER.SEVERITY}',
  trigger_url: '{TRIGGER.URL}',
  trigger_hostgroups: '{TRIGGER.HOSTGROUP.NAME}',
  trigger_templates: '{TRIGGER.TEMPLATE.NAME}',
  host_id: '{HOST.ID}',
  host_host: '{HOST.HOST}',
  host_name: '{HOST.NAME}',
  host_ip: '{HOST.IP}',
  host_dns: '{HOST.DNS}',
  host_port: '{HOST.PORT}',
  host_conn: '{HOST.CONN}',
  host2_host: '{HOST.HOST2}',
  item_id: '{ITEM.ID}',
  item_key: '{ITEM.KEY}',
  item_name: '{ITEM.NAME}',
  item_value: '{ITEM.VALUE}',
  item_lastvalue: '{ITEM.LASTVALUE}',
  action_id: '{ACTION.ID}',
  action_name: '{ACTION.NAME}',
  esc_history: '{ESC.HISTORY}',
  zabbix_url: '{$ZABBIX.URL}',
  macro_k8s_ns: '{$K8S_NAMESPACE}',
  date: '{DATE}',
  time: '{TIME}',
  timezone: '{TIMEZONE}',
};
await rpc('usermacro.createglobal', { macro: '{$ZABBIX.URL}', value: 'http://zabbix.example.test' }).catch(() => {});
const g = (await rpc('hostgroup.create', { name: 'Fixpoint/Payments' })).groupids[0];
const h = (
  await rpc('host.create', {
    host: 'checkout-01',
    name: 'Checkout 01 (生产)',
    groups: [{ groupid: g }],
    interfaces: [{ type: 1, main: 1, useip: 1, ip: '127.0.0.1', dns: 'checkout-01.local', port: '10050' }],
    tags: [
      { tag: 'service', value: 'checkout' },
      { tag: 'env', value: 'prod' },
    ],
    macros: [{ macro: '{$K8S_NAMESPACE}', value: 'payments' }],
  })
).hostids[0];
const item = async (key_, name, value_type, units = '') =>
  (
    await rpc('item.create', {
      name,
      key_,
      hostid: h,
      type: 2,
      value_type,
      units,
      tags: [{ tag: 'component', value: 'app' }],
    })
  ).itemids[0];
await item('app.error_rate', 'Error rate', 0, '%');
await item('app.pods_ready', 'Ready pods', 3);
await item('app.log', 'Application log', 2);
const tg = async (o) => (await rpc('trigger.create', o)).triggerids[0];
await tg({
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
});
await tg({
  description: 'Pods not ready',
  event_name: 'Only {ITEM.LASTVALUE} pods ready of checkout',
  expression: 'last(/checkout-01/app.pods_ready)<3',
  priority: 5,
  tags: [{ tag: 'k8s_deployment', value: 'checkout' }],
});
await tg({
  description: 'ERROR line in log',
  expression: 'find(/checkout-01/app.log,,"like","ERROR")=1',
  priority: 3,
  type: 1,
  recovery_mode: 2,
  manual_close: 1,
  tags: [{ tag: 'log', value: '{{ITEM.VALUE}.regsub("code=([0-9]+)","\\1")}' }],
});
const mt = (
  await rpc('mediatype.create', {
    name: 'Fixpoint',
    type: 4,
    status: 0,
    maxsessions: 0,
    maxattempts: 3,
    attempt_interval: '5s',
    timeout: '10s',
    process_tags: 1,
    show_event_menu: 1,
    event_menu_url: '{EVENT.TAGS.__fixpoint_url}',
    event_menu_name: 'Open in Fixpoint',
    script: fs.readFileSync(new URL('./mediatype-fixpoint.js', import.meta.url), 'utf8'),
    parameters: Object.entries(P).map(([name, value]) => ({ name, value })),
    message_templates: [
      {
        eventsource: 0,
        recovery: 0,
        subject: 'Problem: {EVENT.NAME}',
        message: 'Problem started at {EVENT.TIME} on {EVENT.DATE}\nHost: {HOST.NAME}',
      },
      {
        eventsource: 0,
        recovery: 1,
        subject: 'Resolved in {EVENT.DURATION}: {EVENT.NAME}',
        message: 'Resolved at {EVENT.RECOVERY.TIME}',
      },
      {
        eventsource: 0,
        recovery: 2,
        subject: 'Updated: {EVENT.NAME}',
        message: '{USER.FULLNAME} {EVENT.UPDATE.ACTION}',
      },
    ],
  })
).mediatypeids[0];
const u = (
  await rpc('user.create', {
    username: 'fixpoint',
    passwd: 'Fixp0int-test!',
    roleid: '3',
    usrgrps: [{ usrgrpid: '7' }],
    medias: [{ mediatypeid: mt, sendto: 'fixpoint', active: 0, severity: 63, period: '1-7,00:00-24:00' }],
  })
).userids[0];
const op = (extra = {}) => ({
  operationtype: 0,
  opmessage: { default_msg: 1, mediatypeid: mt },
  opmessage_usr: [{ userid: u }],
  ...extra,
});
await rpc('action.create', {
  name: 'Send everything to Fixpoint',
  eventsource: 0,
  status: 0,
  esc_period: '60s',
  pause_suppressed: 1,
  notify_if_canceled: 1,
  filter: { evaltype: 0, conditions: [{ conditiontype: 0, operator: 0, value: g }] },
  operations: [op({ esc_step_from: 1, esc_step_to: 2, esc_period: '60s' })],
  recovery_operations: [op()],
  update_operations: [op()],
});
const token = await rpc('token.create', { name: 'fixpoint', userid: u }).then((r) => rpc('token.generate', r.tokenids));
console.log(JSON.stringify({ hostid: h, mediatypeid: mt, userid: u, token: token[0].token.slice(0, 6) + '…' }));
if (process.env.TOKEN_OUT) fs.writeFileSync(process.env.TOKEN_OUT, token[0].token, { mode: 0o600 });
