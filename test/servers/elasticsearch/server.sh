# Elasticsearch itself, from the distribution that Elastic publishes for integration tests: no bundled JDK and few modules. Java 17.
# Present: index, bulk, get, search with the whole query DSL and aggregations, PIT, search_after, scroll, templates, aliases.
# ES_PASSWORD=x turns security on (user elastic): 401 without. API keys cannot be made (their index wants the absent analysis-common).
# Absent: GET / (405), reindex and _update_by_query, scripts, ingest pipelines, data streams, ES|QL, async search, ILM.
VERSION=${ES_VERSION:-8.19.5}; PORT=29200; ZIP=$CACHE/elasticsearch-$VERSION.zip; HOME_=$RUN/elasticsearch-$VERSION; DATA=("$HOME_")
server_installed() { command -v java >/dev/null && command -v unzip >/dev/null && [ -f "$ZIP" ]; }
server_install() {
  need java "Java 17"; command -v unzip >/dev/null || debian unzip
  into "$CACHE/elasticsearch-download" fetch_zip
  mv "$CACHE/elasticsearch-download/elasticsearch-$VERSION.zip" "$ZIP"; rmdir "$CACHE/elasticsearch-download"
}
fetch_zip() { maven "$INTO" "org.elasticsearch.distribution.integ-test-zip:elasticsearch:$VERSION:zip"; }
unpack() { unzip -q "$ZIP" -d "$INTO"; mv "$INTO/elasticsearch-$VERSION"/* "$INTO/"; rmdir "$INTO/elasticsearch-$VERSION"; chmod +x "$INTO"/bin/*; }
server_up() {
  if running elasticsearch; then say "elasticsearch is already up"; return 0; fi
  [ -d "$HOME_" ] || into "$HOME_" unpack
  cat >"$HOME_/config/elasticsearch.yml" <<Y
cluster.name: test
node.name: n1
network.host: 127.0.0.1
http.port: $PORT
transport.port: 29300
discovery.type: single-node
xpack.security.enabled: $([ -n "${ES_PASSWORD:-}" ] && echo true || echo false)
cluster.routing.allocation.disk.threshold_enabled: false
Y
  [ "$(id -u)" != 0 ] || chown -R nobody:nogroup "$HOME_"      # it refuses to run as root
  local java_home; java_home=$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")
  local env=(env ES_JAVA_HOME="$java_home" HOME="$HOME_")
  if [ -n "${ES_PASSWORD:-}" ]; then
    [ -f "$HOME_/config/elasticsearch.keystore" ] || as nobody "${env[@]}" "$HOME_/bin/elasticsearch-keystore" create >/dev/null 2>&1
    printf %s "$ES_PASSWORD" | as nobody "${env[@]}" "$HOME_/bin/elasticsearch-keystore" add -x -f bootstrap.password >/dev/null
  fi
  start_as nobody elasticsearch "${env[@]}" ES_JAVA_OPTS="-Xms512m -Xmx${ES_HEAP:-512m}" "$HOME_/bin/elasticsearch"
  wait_for elasticsearch 180 server_ready
}
server_ready() { http -u "elastic:${ES_PASSWORD:-}" "http://127.0.0.1:$PORT/_cluster/health?wait_for_status=yellow&timeout=3s"; }
