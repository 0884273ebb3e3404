# Shared by every NAME/server.sh. All addresses are loopback, all ports are above 20000, so nothing collides with what a person runs.
# CACHE keeps what was downloaded or built (safe to keep between runs); RUN holds data, logs and pids of servers under way (safe to delete when all are down).
#
# A server.sh defines PARTS (its processes, in the order in which they start; the default is its name), DATA (folders of its data),
# server_installed, server_install, server_up, server_ready and, where stopping its PARTS in reverse is not enough, server_down.
CACHE=${SERVERS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/fixpoint-servers}
RUN=${SERVERS_RUN_DIR:-$(dirname "$(mktemp -u)")/fixpoint-servers}
BIN=$CACHE/bin
mkdir -p "$CACHE" "$BIN" "$RUN"; chmod 755 "$RUN"

say() { printf '%s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }
need() { command -v "$1" >/dev/null 2>&1 || die "$1 is missing: $2"; }

# debian PACKAGE... : installs those that are missing
debian() {
  local missing=(); for p in "$@"; do dpkg -s "$p" >/dev/null 2>&1 || missing+=("$p"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  need apt-get "these servers come from Debian packages: ${missing[*]}"
  [ "$(id -u)" = 0 ] || die "not root: run \`sudo apt-get install --no-install-recommends ${missing[*]}\` first"
  apt-get -qq -o DPkg::Lock::Timeout=300 update >/dev/null
  DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=300 install --no-install-recommends "${missing[@]}" >/dev/null
}

# as USER COMMAND... : for servers that refuse root. setpriv becomes the command, so the pid that is kept is the server's own.
as() {
  local user=$1; shift
  if [ "$(id -u)" = 0 ]; then setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups -- "$@"; else "$@"; fi
}

# start PART COMMAND... : in the background, its own process group, log and pid kept. Descriptor 9 is the lock of `servers`.
start() {
  local name=$1; shift
  if running "$name"; then say "$name is already up"; return 0; fi
  setsid "$@" >"$RUN/$name.log" 2>&1 </dev/null 9>&- &
  echo $! >"$RUN/$name.pid"; born $! >"$RUN/$name.born"
}
# as `start`, but not as root
start_as() { local user=$1 name=$2; shift 2; if [ "$(id -u)" = 0 ]; then start "$name" setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups -- "$@"; else start "$name" "$@"; fi; }

# when a process began, in clock ticks since boot: tells it from a stranger that got its number later
born() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }
# a zombie is dead, though its number still answers
alive() { local state; state=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f1); [ -n "$state" ] && [ "$state" != Z ]; }
running() {
  local pid; pid=$(cat "$RUN/$1.pid" 2>/dev/null) && [ -n "$pid" ] && alive "$pid" || return 1
  [ ! -s "$RUN/$1.born" ] || [ "$(cat "$RUN/$1.born")" = "$(born "$pid")" ]
}
stop() { # PART [SIGNAL]: ends the group, waits up to 15 s, then kills what is left of it
  if running "$1"; then
    local pid; pid=$(cat "$RUN/$1.pid")
    kill -CONT -- "-$pid" 2>/dev/null || true   # a stopped process would never see the signal
    kill "-${2:-TERM}" -- "-$pid" 2>/dev/null || kill "-${2:-TERM}" "$pid" 2>/dev/null || true
    for _ in $(seq 75); do alive "$pid" || break; sleep 0.2; done
    kill -KILL -- "-$pid" 2>/dev/null || true
  fi
  rm -f "$RUN/$1.pid" "$RUN/$1.born"
}
# wait_for PART SECONDS COMMAND... : until the command succeeds; fails at once when the part has died
wait_for() {
  local name=$1 until=$((SECONDS + $2)); shift 2
  until "$@" >/dev/null 2>&1; do
    running "$name" || { tail -n 15 "$RUN/$name.log" >&2; die "$name died while starting"; }
    [ $SECONDS -lt $until ] || { tail -n 15 "$RUN/$name.log" >&2; die "$name did not become ready"; }
    sleep 0.2
  done
}
http() { curl -fsS -m 5 -o /dev/null "$@"; }
open_port() { timeout 2 bash -c "</dev/tcp/127.0.0.1/$1"; }

# into FOLDER COMMAND... : runs the command with $INTO set to a new folder, which takes FOLDER's place only when it succeeded.
# What was interrupted half-way is never taken for whole.
into() {
  local folder=$1; shift
  INTO=$folder.part; rm -rf "$INTO"; mkdir -p "$INTO"
  "$@"   # not `|| die`: inside a condition the shell would no longer stop at the first failure
  rm -rf "$folder"; mv "$INTO" "$folder"
}
# maven FOLDER ARTIFACT : one artifact from Maven Central
maven() { need mvn "Maven"; mvn -q -B -Dstyle.color=never dependency:copy -Dartifact="$2" -DoutputDirectory="$1"; }

# gomod NAME MODULE VERSION PACKAGE=BINARY... : builds Go programs through a wrapper module, so that a module with `replace` lines builds too.
# The module's own go.sum comes along: its authors' checksums stand where the checksum database does not know a dependency.
gomod() {
  need go "Go 1.26 or later"; local name=$1 mod=$2 version=$3 dir pair; shift 3
  mkdir -p "$CACHE/src/$name"; cd "$CACHE/src/$name"
  [ -f go.mod ] || go mod init "local/$name" 2>/dev/null
  dir=$(go mod download -json "$mod@$version" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p'); [ -n "$dir" ] || die "$mod@$version cannot be downloaded"
  touch go.sum; sort -u go.sum "$dir/go.sum" -o go.sum
  go get "$mod@$version" >get.log 2>&1 || { tail -n 3 get.log >&2; die "$mod@$version does not resolve"; }
  for pair in "$@"; do gobuild "${pair%=*}" "${pair#*=}"; done
}
# gobuild PACKAGE BINARY [LDFLAGS] : in the current module
gobuild() {
  CGO_ENABLED=0 go build -mod=mod -trimpath -ldflags "-s -w ${3:-}" -o "$BIN/$2.part" "$1"
  mv "$BIN/$2.part" "$BIN/$2"
}
