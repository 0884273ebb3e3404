/** The part of alertmanager.yml that makes this service one more receiver, beside the one that pages people. */
export function alertmanagerConfig(origin: string): string {
  return `route:
  receiver: pager                 # what you have today; it stays the default
  routes:
    - receiver: fixpoint
      matchers: ['severity=~".+"']  # every alert that has a severity; narrow it down if you like
      continue: true              # go on to the routes below: paging does not depend on Fixpoint
      group_wait: 5s
      group_interval: 1m
      repeat_interval: 1h
    # … your routes, unchanged …
    - receiver: pager             # last: what no other route took

receivers:
  - name: fixpoint
    webhook_configs:
      - url: ${origin}/api/v1/webhooks/alertmanager
        send_resolved: true
        max_alerts: 0
        http_config:
          authorization:
            type: Bearer
            credentials_file: /etc/alertmanager/fixpoint-token
`;
}

/** The media type of docs/ with this service's own address in it. */
export function zabbixMediaType(text: string, origin: string): string {
  return text.replace("'http://HOST:8080/api/v1/webhooks/zabbix'", `'${origin}/api/v1/webhooks/zabbix'`);
}
