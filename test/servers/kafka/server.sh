# Apache Kafka, one KRaft node, no ZooKeeper. Java 17. KAFKA_VERSION=3.9.1 for the older line in this one's place; beside it: kafka-3.9.1.
# Each version keeps data of its own: an older broker cannot read what a newer one has written.
NAME=${NAME:-kafka}; VERSION=${VERSION:-${KAFKA_VERSION:-4.1.1}}; PORT=${PORT:-29092}; CONTROLLER=${CONTROLLER:-29193}
HOME_=$CACHE/kafka-$VERSION; DATA=("$RUN/$NAME-data-$VERSION"); POM=$HERE/kafka/pom.xml; CONF=${KAFKA_CONF:-$HERE/kafka/server.properties}
server_installed() { command -v java >/dev/null && ls "$HOME_"/libs/kafka_2.13-"$VERSION".jar >/dev/null 2>&1; }
server_install() { need java "Java 17"; need mvn "Maven"; into "$HOME_" fetch_jars; }
fetch_jars() { mvn -q -B -Dstyle.color=never -f "$POM" -Dkafka.version="$VERSION" dependency:copy-dependencies -DoutputDirectory="$INTO/libs" -DincludeScope=runtime; }
server_up() {
  if running "$NAME"; then
    [ "$(cat "$RUN/$NAME.version" 2>/dev/null || echo "$VERSION")" = "$VERSION" ] || die "$NAME is up in version $(cat "$RUN/$NAME.version"): take it down first"
    say "$NAME is already up"; return 0
  fi
  mkdir -p "$DATA"
  cat "$HERE"/../fixture/tls/localhost.{key,crt} >"$DATA/keystore.pem"
  cp "$HERE"/../fixture/tls/client.crt "$DATA/truststore.pem"
  sed "s#@DATA@#$DATA#; s#@PASSWORD@#${KAFKA_PASSWORD:-}#; s#@PORT@#$PORT#; s#@CONTROLLER@#$CONTROLLER#; s#@ADVERTISED@#${KAFKA_ADVERTISED:-127.0.0.1:$PORT}#" "$CONF" >"$DATA/server.properties"
  local cp="$HOME_/libs/*"
  [ -f "$DATA/log/meta.properties" ] || java -Xmx128m -cp "$cp" kafka.tools.StorageTool format -t "$(java -Xmx128m -cp "$cp" kafka.tools.StorageTool random-uuid 2>/dev/null | tail -1)" -c "$DATA/server.properties" "${KAFKA_FORMAT[@]}" >"$DATA/format.log" 2>&1 ||
    { tail -n 15 "$DATA/format.log" >&2; die "$NAME could not format its data folder"; }
  start "$NAME" java -Xms256m -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$cp" kafka.Kafka "$DATA/server.properties"
  echo "$VERSION" >"$RUN/$NAME.version"
  wait_for "$NAME" 120 server_ready
}
server_ready() { open_port "$PORT"; }
