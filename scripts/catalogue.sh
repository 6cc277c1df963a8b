#!/usr/bin/env bash
# Full-size checks that are too long for dotnet test. Each row prints its figures and a verdict; exit status 1 when one failed.
#   scripts/catalogue.sh [ROW]...      without a name: all rows
set -euo pipefail
cd "$(dirname "$0")/.."

dir=$(mktemp -d)
pids=()
cleanup() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$dir"
}
trap cleanup EXIT

host=src/ActorTunnel.Host/bin/Release/net10.0/actortunnel.dll
driver=tests/ActorTunnel.Benchmarks/bin/Release/net10.0/ActorTunnel.Benchmarks.dll
origin=5501

build() {
  for project in src/ActorTunnel.Host tests/ActorTunnel.Benchmarks; do
    dotnet build -c Release --nologo -v quiet "$project" >&2
  done
  dotnet "$host" certs --out "$dir/certs" >/dev/null
}

# Starts a terminator and an encapsulator with TLS between them and one session, on free ports; sets terminator, encapsulator, middle and entrance.
start_pair() {
  dotnet "$host" run config/terminate.conf --set listeners.connect-in.bind=127.0.0.1:0 \
    --set "listeners.connect-in.tls.cert=$dir/certs/server.pem" --set "listeners.connect-in.tls.key=$dir/certs/server-key.pem" \
    --set "upstreams.origin.endpoints=[\"127.0.0.1:$origin\"]" --set upstreams.origin.connect-timeout=5s >"$dir/terminator.log" 2>&1 &
  terminator=$!
  pids+=("$terminator")
  middle=$(bound "$dir/terminator.log")
  dotnet "$host" run config/encapsulate.conf --set listeners.tunnel-in.bind=127.0.0.1:0 \
    --set "upstreams.terminators.endpoints=[\"127.0.0.1:$middle\"]" --set upstreams.terminators.sessions-per-endpoint.max=1 \
    --set "upstreams.terminators.tls.ca=$dir/certs/ca.pem" >"$dir/encapsulator.log" 2>&1 &
  encapsulator=$!
  pids+=("$encapsulator")
  entrance=$(bound "$dir/encapsulator.log")
}

bound() { # the port that a node printed
  for _ in $(seq 200); do
    if grep -q '^ready' "$1"; then
      sed -n 's/^listener .* listens on 127\.0\.0\.1:\([0-9]*\)$/\1/p' "$1"
      return
    fi
    sleep 0.1
  done
  echo "a node did not become ready:" >&2
  cat "$1" >&2
  return 1
}

stop_pair() {
  kill -TERM "$encapsulator" && wait "$encapsulator"
  kill -TERM "$terminator" && wait "$terminator"
}

# 1,000 tunnels of 1 MiB each way at once, over one TLS connection between two processes: every byte, and a clean end each way.
row_thousand_tunnels() {
  start_pair
  dotnet "$driver" exact --target "127.0.0.1:$entrance" --origin "127.0.0.1:$origin" --tunnels 1000 --bytes 1048576 || return 1
  local sessions clean
  sessions=$(grep -c '^session ' "$dir/terminator.log")
  clean=$(grep -c '^access .*upstream-end=clean/downstream downstream-end=clean/upstream' "$dir/encapsulator.log")
  echo "sessions between the processes: $sessions; tunnels with a clean end each way in the access log: $clean"
  stop_pair || return 1
  [[ $sessions -eq 1 && $clean -eq 1000 ]]
}

rows=("$@")
if [[ ${#rows[@]} -eq 0 ]]; then
  mapfile -t rows < <(declare -F | sed -n 's/^declare -f row_//p' | tr '_' '-')
fi

build
failed=0
for row in "${rows[@]}"; do
  function="row_${row//-/_}"
  declare -F "$function" >/dev/null || { echo "there is no row $row" >&2; exit 2; }
  echo "== $row"
  if "$function"; then
    echo "passed: $row"
  else
    echo "FAILED: $row"
    failed=1
  fi
done
exit "$failed"
