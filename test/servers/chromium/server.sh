# A browser without a window for the web pages, from Debian, with the fonts that Chinese needs. Nothing is kept running: tests start their own.
PARTS=
server_installed() { [ -x /usr/bin/chromium ] && dpkg -s fonts-noto-cjk >/dev/null 2>&1; }
server_install() { debian chromium fonts-noto-cjk; }
server_up() { :; }
server_ready() { server_installed; }
