// Zabbix webhook media type "Fixpoint" (Zabbix 6.0 and later; Duktape, so ES5). Every parameter arrives as text in `value` (JSON).
// A macro that Zabbix has nothing to put in for arrives literally, as "{EVENT.RECOVERY.ID}" or "*UNKNOWN*": it becomes null.
try {
    var p = JSON.parse(value), data = {}, key, text;
    var url = p.fixpoint_url, token = p.fixpoint_token || '', secret = p.fixpoint_secret || '', proxy = p.http_proxy || '';
    if (typeof url !== 'string' || !/^https?:\/\/[^\s\/]/.test(url)) {
        throw 'parameter "fixpoint_url" must be the address of the webhook, such as http://fixpoint:8080/api/v1/webhooks/zabbix';
    }
    ['fixpoint_url', 'fixpoint_token', 'fixpoint_secret', 'http_proxy'].forEach(function (name) { delete p[name]; });
    for (key in p) {
        text = p[key];
        data[key] = (text === '' || text === '*UNKNOWN*' || /^\{[$#]?[A-Z][^{}]*\}$/.test(text)) ? null : text;
    }
    ['event_tags_json', 'event_recovery_tags_json'].forEach(function (name) {
        if (typeof data[name] === 'string') { try { data[name] = JSON.parse(data[name]); } catch (e) { /* Fixpoint reads event_tags then */ } }
    });

    // An update may come after the resolution, with the value 0 already: it is asked about first.
    var source = data.event_source, kind = 'problem';
    if (source === '1') { kind = 'discovery'; }
    else if (source === '2') { kind = 'autoregistration'; }
    else if (source === '3') { kind = 'internal'; }
    else if (data.event_update_status === '1') { kind = 'update'; }
    else if (data.event_value === '0') { kind = 'recovery'; }

    // ASCII alone, so that what is signed and what is sent are the same bytes whatever the characters.
    var body = JSON.stringify({ version: '1', sender: 'zabbix', kind: kind, data: data }).replace(/[\u0080-\uffff]/g, function (char) {
        return '\\u' + ('000' + char.charCodeAt(0).toString(16)).slice(-4);
    });
    var request = new HttpRequest();
    if (proxy) { request.setProxy(proxy); }
    request.addHeader('Content-Type: application/json');
    if (token) { request.addHeader('Authorization: Bearer ' + token); }
    if (secret) { request.addHeader('X-Fixpoint-Signature: sha256=' + hmac('sha256', secret, body)); }
    var answer = request.post(url, body), status = request.getStatus();
    if (status !== 202) { throw 'HTTP ' + status + ': ' + String(answer).substring(0, 300); }
    return 'OK';
} catch (error) {
    Zabbix.log(3, '[Fixpoint webhook] ' + error);
    throw 'Fixpoint webhook failed: ' + error;
}
