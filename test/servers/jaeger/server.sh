# Jaeger v2 all-in-one (memory storage) and its HotROD example: four services in one process with real faults by flag. Go 1.26.
# v1.76.0 is the last tag that fits the module path, and it holds the v2 program in cmd/jaeger.
# Query 26686, OTLP/HTTP 24318, OTLP/gRPC 24317, Zipkin format 29412; HotROD's page 28180.
VERSION=v1.76.0; PARTS=${PARTS_OF:-"jaeger hotrod"}
server_installed() { [ -x "$BIN/jaeger" ] && [ -x "$BIN/hotrod" ]; }
server_install() {
  local m=github.com/jaegertracing/jaeger
  gomod jaeger $m $VERSION $m/cmd/jaeger=jaeger $m/examples/hotrod=hotrod
}
server_up() {
  start jaeger "$BIN/jaeger" --config "file:$HERE/jaeger/config.yaml"
  wait_for jaeger 30 http http://127.0.0.1:26686/api/services
  hotrod_up
}
# HOTROD_ARGS='-D 1500ms' is a slow database; '-M -W 100' the repaired service. Drive it: curl '127.0.0.1:28180/dispatch?customer=123'
hotrod_up() {
  start hotrod env OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:24318 "$BIN/hotrod" all -f 28180 -c 28181 -d 28182 -r 28183 \
    --frontend-service-hostname 127.0.0.1 --customer-service-hostname 127.0.0.1 --driver-service-hostname 127.0.0.1 --route-service-hostname 127.0.0.1 ${HOTROD_ARGS:-}
  wait_for hotrod 30 hotrod_ready
}
hotrod_ready() { http http://127.0.0.1:28180/; }
server_ready() { http http://127.0.0.1:26686/api/services && hotrod_ready; }
