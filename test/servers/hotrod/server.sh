# HotROD alone, for tests that change its faults while Jaeger keeps its spans: HOTROD_ARGS='-D 1500ms' servers up hotrod.
PARTS_OF=hotrod
. ../jaeger/server.sh
server_up() { hotrod_up; }
server_ready() { hotrod_ready; }
