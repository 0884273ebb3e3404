# Prometheus 2.42, Alertmanager 0.25 and node_exporter 1.5 from Debian: 29090, 29093, 29100.
# Which configuration (each a folder with prometheus.yml, rules.yml, alertmanager.yml):
#   PROMETHEUS_DIR=folder        that one
#   FIXPOINT_URL=http://…:8080   the folder fixpoint/: alerts go to Fixpoint's webhook with the bearer token FIXPOINT_TOKEN, and to a pager beside it
#   neither                      the folder capture/: ten routes with every shape and answer of a webhook, for receiver.mjs
# In all of them 127.0.0.1:28080 becomes 127.0.0.1:WEBHOOK_PORT. `up` while they run loads the configuration anew.
# Alertmanager starts first: what Prometheus sends while it is away comes again only a minute later.
PARTS="alertmanager node_exporter prometheus"; D=$RUN/prometheus; DATA=("$D")
server_installed() { command -v prometheus >/dev/null && command -v prometheus-alertmanager >/dev/null && command -v prometheus-node-exporter >/dev/null; }
server_install() { debian prometheus prometheus-alertmanager prometheus-node-exporter; }
configure() {
  local conf=capture; [ -z "${FIXPOINT_URL:-}" ] || conf=fixpoint
  conf=${PROMETHEUS_DIR:-$HERE/prometheus/$conf}; mkdir -p "$D"
  local f; for f in "$conf"/*.yml; do
    sed -e "s#127.0.0.1:28080#127.0.0.1:${WEBHOOK_PORT:-28080}#g" -e "s#@FIXPOINT_URL@#${FIXPOINT_URL:-}#g" "$f" >"$D/$(basename "$f")"
  done
  (umask 077; printf %s "${FIXPOINT_TOKEN:-}" >"$D/fixpoint-token")
}
server_up() {
  configure
  local was; if running alertmanager && running prometheus; then was=up; fi
  start alertmanager prometheus-alertmanager --config.file="$D/alertmanager.yml" --storage.path="$D/am" --web.listen-address=127.0.0.1:29093 --cluster.listen-address= --web.external-url=http://alertmanager.example.test:9093 --web.route-prefix=/
  start node_exporter prometheus-node-exporter --web.listen-address=127.0.0.1:29100
  wait_for alertmanager 30 http http://127.0.0.1:29093/-/ready
  start prometheus prometheus --config.file="$D/prometheus.yml" --storage.tsdb.path="$D/tsdb" --web.listen-address=127.0.0.1:29090 --web.external-url=http://prometheus.example.test:9090 --web.route-prefix=/ --web.enable-lifecycle
  wait_for prometheus 60 http http://127.0.0.1:29090/-/ready
  [ -z "${was:-}" ] || { http -X POST http://127.0.0.1:29093/-/reload; http -X POST http://127.0.0.1:29090/-/reload; say "prometheus: configuration loaded anew"; }
}
server_ready() { http http://127.0.0.1:29090/-/ready && http http://127.0.0.1:29093/-/ready; }
server_down() { stop prometheus; stop node_exporter; stop alertmanager; }
