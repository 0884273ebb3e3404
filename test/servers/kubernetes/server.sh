# A real Kubernetes control plane without containers: etcd, kube-apiserver (RBAC on), kube-controller-manager, kube-scheduler, and kwok, which
# plays the nodes: pods are scheduled, become ready, are deleted, fail on request; nothing runs in them. Go 1.26 builds all of it once (see README.md).
# API https://127.0.0.1:26443; kubeconfigs in $RUN/kubernetes: admin, fixpoint (group fixpoint-operators, no rights until granted), nobody.
K8S=${K8S_VERSION:-1.35.4}; ETCD=v3.6.14; KWOK=v0.8.0; W=$RUN/kubernetes; PORT=26443; DATA=("$W")
PARTS="etcd kube-apiserver kube-controller-manager kube-scheduler kwok"
KUBE_BINARIES="kube-apiserver kube-controller-manager kube-scheduler kubectl"
kube_built() { local p; for p in $KUBE_BINARIES; do [ -x "$BIN/$p" ] || return 1; done; }
server_installed() { kube_built && [ -x "$BIN/etcd" ] && [ -x "$BIN/kwok" ] && [ -d "$CACHE/kwok-stages" ]; }
server_install() {
  need go "Go 1.26 or later"; need node "Node.js"; need openssl openssl
  kube_built || (build_kubernetes)
  [ -x "$BIN/etcd" ] || (gomod etcd go.etcd.io/etcd/server/v3 $ETCD go.etcd.io/etcd/server/v3=etcd)
  [ -x "$BIN/kwok" ] && [ -d "$CACHE/kwok-stages" ] || (gomod kwok sigs.k8s.io/kwok $KWOK sigs.k8s.io/kwok/cmd/kwok=kwok; into "$CACHE/kwok-stages" copy_stages)
}
copy_stages() { cp -r "$(go list -mod=mod -m -f '{{.Dir}}' sigs.k8s.io/kwok)/kustomize/stage/." "$INTO/"; chmod -R u+w "$INTO"; }
build_kubernetes() {
  mkdir -p "$CACHE/src/kubernetes"; cd "$CACHE/src/kubernetes"
  [ -f go.mod ] || go mod init local/kubernetes 2>/dev/null
  # k8s.io/kubernetes asks for its staging modules at v0.0.0 (its own replace lines do not count here): point each at the release of the same minor
  local gomod_file m p c ld; gomod_file=$(go mod download -json "k8s.io/kubernetes@v$K8S" | node -pe 'JSON.parse(require("fs").readFileSync(0)).GoMod')
  for m in $(awk '$2=="v0.0.0"{print $1}' "$gomod_file" | sort -u); do go mod edit -replace "$m=$m@v0.${K8S#1.}"; done
  go get "k8s.io/kubernetes@v$K8S" 2>/dev/null || go get "k8s.io/kubernetes@v$K8S"
  ld=; for p in k8s.io/component-base/version k8s.io/client-go/pkg/version; do ld="$ld -X $p.gitVersion=v$K8S -X $p.gitMajor=1 -X $p.gitMinor=$(echo "$K8S" | cut -d. -f2) -X $p.gitTreeState=clean"; done
  for c in $KUBE_BINARIES; do [ -x "$BIN/$c" ] || gobuild "k8s.io/kubernetes/cmd/$c" "$c" "$ld"; done
}
kubeconfig() { cat >"$W/$1.kubeconfig" <<Y
{apiVersion: v1, kind: Config, current-context: c, clusters: [{name: k, cluster: {server: "https://127.0.0.1:$PORT", certificate-authority: $W/certs/apiserver.crt}}], users: [{name: u, user: {token: $2}}], contexts: [{name: c, context: {cluster: k, user: u, namespace: default}}]}
Y
}
ctl() { "$BIN/kubectl" --kubeconfig "$W/admin.kubeconfig" "$@"; }
server_up() {
  mkdir -p "$W"; cd "$W"
  [ -f sa.pub ] || { openssl genrsa -out sa.key 2048 2>/dev/null; openssl rsa -in sa.key -pubout -out sa.pub 2>/dev/null; }
  printf '%s\n' 'admin-token,admin,1,"system:masters"' 'fixpoint-token,fixpoint,2,"fixpoint-operators"' 'nobody-token,nobody,3' >tokens.csv
  start etcd "$BIN/etcd" --data-dir etcd --unsafe-no-fsync --log-level warn --listen-client-urls http://127.0.0.1:22379 --advertise-client-urls http://127.0.0.1:22379 --listen-peer-urls http://127.0.0.1:22380 --initial-advertise-peer-urls http://127.0.0.1:22380 --initial-cluster default=http://127.0.0.1:22380
  start kube-apiserver "$BIN/kube-apiserver" --etcd-servers=http://127.0.0.1:22379 --bind-address=127.0.0.1 --advertise-address=127.0.0.1 --secure-port=$PORT --cert-dir=certs --token-auth-file=tokens.csv --authorization-mode=RBAC \
    --service-account-issuer=https://kubernetes.default.svc --service-account-key-file=sa.pub --service-account-signing-key-file=sa.key --service-cluster-ip-range=10.96.0.0/16 --endpoint-reconciler-type=none --allow-privileged=true
  wait_for kube-apiserver 120 http -k https://127.0.0.1:$PORT/readyz
  kubeconfig admin admin-token; kubeconfig fixpoint fixpoint-token; kubeconfig nobody nobody-token
  start kube-controller-manager "$BIN/kube-controller-manager" --kubeconfig=admin.kubeconfig --leader-elect=false --bind-address=127.0.0.1 --secure-port=26257 --service-account-private-key-file=sa.key --root-ca-file=certs/apiserver.crt --authentication-skip-lookup=true --node-monitor-grace-period=1h
  start kube-scheduler "$BIN/kube-scheduler" --kubeconfig=admin.kubeconfig --leader-elect=false --bind-address=127.0.0.1 --secure-port=26259 --authentication-skip-lookup=true
  local s=$CACHE/kwok-stages n
  start kwok "$BIN/kwok" --kubeconfig=admin.kubeconfig --manage-all-nodes=true --node-ip=127.0.0.1 --node-port=26247 --server-address=127.0.0.1:26247 --tls-cert-file=certs/apiserver.crt --tls-private-key-file=certs/apiserver.key --node-lease-duration-seconds=40 \
    -c "$s/node/fast/node-initialize.yaml" -c "$s/pod/fast/pod-ready.yaml" -c "$s/pod/fast/pod-complete.yaml" -c "$s/pod/fast/pod-delete.yaml" -c "$s/pod/chaos/pod-container-running-failed.yaml"
  for n in 0 1 2; do wait_for kube-apiserver 30 add_node $n; done
  # Without the default service account the first pods are refused, and come only after a pause.
  wait_for kube-controller-manager 60 ctl get serviceaccount default
  wait_for kwok 60 nodes_ready
}
add_node() { ctl apply -f - <<Y
{apiVersion: v1, kind: Node, metadata: {name: node-$1, annotations: {kwok.x-k8s.io/node: fake}, labels: {kubernetes.io/hostname: node-$1, kubernetes.io/os: linux, kubernetes.io/arch: amd64, topology.kubernetes.io/zone: z$1}}, status: {allocatable: {cpu: "32", memory: 256Gi, pods: "110"}, capacity: {cpu: "32", memory: 256Gi, pods: "110"}}}
Y
}
nodes_ready() { [ "$(ctl get nodes --no-headers 2>/dev/null | grep -c ' Ready')" = 3 ]; }
server_ready() { http -k https://127.0.0.1:$PORT/readyz && nodes_ready; }
