# Mailpit: a real SMTP server that keeps what it gets. SMTP 21025; GET http://127.0.0.1:28025/api/v1/messages, /api/v1/message/{id}, PUT /api/v1/chaos injects SMTP failures.
# The web page is not in the Go module; the API is whole.
server_installed() { [ -x "$BIN/mailpit" ]; }
server_install() { gomod mailpit github.com/axllent/mailpit v1.30.5 github.com/axllent/mailpit=mailpit; }
server_up() { start mailpit "$BIN/mailpit" -s 127.0.0.1:21025 -l 127.0.0.1:28025 --disable-version-check --smtp-disable-rdns --enable-chaos ${MAILPIT_ARGS:-}; wait_for mailpit 20 server_ready; }
server_ready() { http http://127.0.0.1:28025/readyz; }
