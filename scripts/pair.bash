# Two nodes as processes with TLS between them, for the scripts that check at full size; they source this file.

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

# Starts a terminator and an encapsulator with TLS between them and one session, on free ports but for the admin servers' (9902, 9903); sets terminator, encapsulator,
# middle and entrance. What it is given goes to both nodes.
start_pair() {
  rm -f "$dir/terminator.log" "$dir/encapsulator.log" # Those of a pair before would say at once that all is ready.
  dotnet "$host" run config/terminate.conf "$@" --set listeners.connect-in.bind=127.0.0.1:0 \
    --set "listeners.connect-in.tls.cert=$dir/certs/server.pem" --set "listeners.connect-in.tls.key=$dir/certs/server-key.pem" \
    --set "upstreams.origin.endpoints=[\"127.0.0.1:$origin\"]" --set upstreams.origin.connect-timeout=5s >"$dir/terminator.log" 2>&1 &
  terminator=$!
  pids+=("$terminator")
  middle=$(bound "$dir/terminator.log")
  dotnet "$host" run config/encapsulate.conf "$@" --set listeners.tunnel-in.bind=127.0.0.1:0 \
    --set "upstreams.terminators.endpoints=[\"127.0.0.1:$middle\"]" --set upstreams.terminators.sessions-per-endpoint.max=1 \
    --set "upstreams.terminators.tls.ca=$dir/certs/ca.pem" >"$dir/encapsulator.log" 2>&1 &
  encapsulator=$!
  pids+=("$encapsulator")
  entrance=$(bound "$dir/encapsulator.log")
}

bound() { # the port that a node printed
  for _ in $(seq 200); do
    if grep -qs '^ready' "$1"; then
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
