# Zipkin, memory storage: POST and GET /api/v2 on 29411. Java 17.
VERSION=3.5.1; PORT=29411; HOME_=$CACHE/zipkin-$VERSION; JAR=$HOME_/zipkin-server-$VERSION-exec.jar
server_installed() { command -v java >/dev/null && [ -f "$JAR" ]; }
server_install() { need java "Java 17"; into "$HOME_" fetch_jar; }
fetch_jar() { maven "$INTO" "io.zipkin:zipkin-server:$VERSION:jar:exec"; }
server_up() {
  start zipkin env QUERY_PORT=$PORT STORAGE_TYPE=mem QUERY_LOOKBACK=604800000 java -Xmx256m -XX:TieredStopAtLevel=1 -jar "$JAR" --server.address=127.0.0.1
  wait_for zipkin 120 server_ready
}
server_ready() { http http://127.0.0.1:$PORT/health; }
