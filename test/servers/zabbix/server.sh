# Zabbix 6.0 server with its JSON-RPC API, on a PostgreSQL of its own (25433). API http://127.0.0.1:28081/api_jsonrpc.php (Admin / zabbix), trapper 20051.
# Then: `node setup.mjs` makes host, items, triggers with tags, the webhook media type of docs/, user, action and API token through the API;
# `zabbix_sender -z 127.0.0.1 -p 20051 -s checkout-01 -k app.error_rate -o 12.345` raises a problem, the webhook comes in 1 to 4 s.
PGPORT=25433; TRAP=20051; WEB=28081; W=$RUN/zabbix; PG=/usr/lib/postgresql/15/bin; DATA=("$W"); PARTS="zabbix zabbix-web"
SQL=(psql -h 127.0.0.1 -p $PGPORT -v ON_ERROR_STOP=1 -q)
server_installed() { [ -x /usr/sbin/zabbix_server ] && [ -x $PG/postgres ] && command -v zabbix_sender >/dev/null && command -v php >/dev/null && [ -d /usr/share/zabbix ]; }
server_install() { debian postgresql-15 zabbix-server-pgsql zabbix-frontend-php zabbix-sender php-cli php-pgsql php-xml php-gd php-mbstring php-bcmath php-ldap php-curl; }
fill_database() {
  "${SQL[@]}" -U postgres -c "drop database if exists zabbix" -c "drop role if exists zabbix" -c "create role zabbix login password 'zabbix'" -c "create database zabbix owner zabbix template template0 encoding 'UTF8' lc_collate 'C.UTF-8' lc_ctype 'C.UTF-8'"
  local f; for f in schema images data; do zcat /usr/share/zabbix-server-pgsql/$f.sql.gz | PGPASSWORD=zabbix "${SQL[@]}" -U zabbix zabbix >/dev/null; done
  touch "$W/filled"
}
# a private copy of the front end: in Debian's package the path of its configuration is a constant (dangling links of unused parts do not matter)
copy_web() { cp -rL /usr/share/zabbix/. "$INTO/" 2>/dev/null || true; sed -i "s#const CONFIG_FILE_PATH = .*#const CONFIG_FILE_PATH = '$W/zabbix.conf.php';#" "$INTO/include/classes/core/CConfigFile.php"; }
server_up() {
  if running zabbix && running zabbix-web; then say "zabbix is already up"; return 0; fi
  mkdir -p "$W/pg" "$W/run"; [ "$(id -u)" != 0 ] || { chown postgres "$W/pg"; chown zabbix "$W/run"; }
  [ -d "$W/pg/db" ] || as postgres $PG/initdb -D "$W/pg/db" -U postgres -A trust --encoding=UTF8 --locale=C.UTF-8 --no-sync >/dev/null
  as postgres $PG/pg_ctl -D "$W/pg/db" status >/dev/null ||
    as postgres $PG/pg_ctl -D "$W/pg/db" -l "$W/pg/log" -w -o "-p $PGPORT -c listen_addresses=127.0.0.1 -c unix_socket_directories=$W/pg -c fsync=off -c synchronous_commit=off -c full_page_writes=off" start >/dev/null 9>&-
  [ -f "$W/filled" ] || fill_database
  [ -d "$W/web" ] || into "$W/web" copy_web
  cat >"$W/zabbix.conf.php" <<P
<?php
\$DB['TYPE']='POSTGRESQL'; \$DB['SERVER']='127.0.0.1'; \$DB['PORT']='$PGPORT'; \$DB['DATABASE']='zabbix'; \$DB['USER']='zabbix'; \$DB['PASSWORD']='zabbix'; \$DB['SCHEMA']='';
\$DB['ENCRYPTION']=false; \$DB['KEY_FILE']=''; \$DB['CERT_FILE']=''; \$DB['CA_FILE']=''; \$DB['VERIFY_HOST']=false; \$DB['CIPHER_LIST']=''; \$DB['VAULT_URL']=''; \$DB['VAULT_DB_PATH']=''; \$DB['VAULT_TOKEN']='';
\$DB['DOUBLE_IEEE754']=true; \$ZBX_SERVER='127.0.0.1'; \$ZBX_SERVER_PORT='$TRAP'; \$ZBX_SERVER_NAME='test'; \$IMAGE_FORMAT_DEFAULT=IMAGE_FORMAT_PNG;
P
  cat >"$W/zabbix_server.conf" <<C
ListenPort=$TRAP
ListenIP=127.0.0.1
LogType=file
LogFile=$W/run/server.log
PidFile=$W/run/server.pid
SocketDir=$W/run
DBHost=127.0.0.1
DBPort=$PGPORT
DBName=zabbix
DBUser=zabbix
DBPassword=zabbix
StartPollers=1
StartPingers=0
StartDiscoverers=0
StartHTTPPollers=0
StartHistoryPollers=0
StartODBCPollers=0
StartTrappers=2
StartPreprocessors=1
StartAlerters=2
StartDBSyncers=1
StartLLDProcessors=1
CacheUpdateFrequency=2
CacheSize=32M
HousekeepingFrequency=0
AlertScriptsPath=$W/run
ExternalScripts=$W/run
StatsAllowedIP=127.0.0.1
C
  start_as zabbix zabbix /usr/sbin/zabbix_server -f -c "$W/zabbix_server.conf"
  start zabbix-web env PHP_CLI_SERVER_WORKERS=4 php -d memory_limit=256M -d max_execution_time=300 -d max_input_time=300 -d post_max_size=16M -d date.timezone=UTC -S 127.0.0.1:$WEB -t "$W/web"
  wait_for zabbix-web 120 server_ready
}
server_ready() { open_port $TRAP && http -H 'content-type: application/json-rpc' http://127.0.0.1:$WEB/api_jsonrpc.php -d '{"jsonrpc":"2.0","method":"apiinfo.version","params":[],"id":1}'; }
server_down() {
  stop zabbix-web; stop zabbix
  [ ! -d "$W/pg/db" ] || as postgres $PG/pg_ctl -D "$W/pg/db" -m fast -w stop >/dev/null 2>&1 || true
}
