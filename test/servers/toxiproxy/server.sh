# Toxiproxy: cuts, delays, limits and resets TCP. API 28474: POST /proxies {"name","listen","upstream"}, POST /proxies/NAME/toxics {"type":"latency|timeout|reset_peer|bandwidth|limit_data","attributes":{…}}.
server_installed() { [ -x "$BIN/toxiproxy-server" ]; }
server_install() { gomod toxiproxy github.com/Shopify/toxiproxy/v2 v2.12.0 github.com/Shopify/toxiproxy/v2/cmd/server=toxiproxy-server; }
server_up() { start toxiproxy "$BIN/toxiproxy-server" -host 127.0.0.1 -port 28474; wait_for toxiproxy 20 server_ready; }
server_ready() { http http://127.0.0.1:28474/version; }
