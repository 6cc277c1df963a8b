#!/usr/bin/env bash
# Bulk throughput through two hops on loopback, side by side in one run: direct, a plain two-hop HAProxy TCP chain, ActorTunnel over h2c, and both
# with TLS between the hops. Prints each run, then medians and ratios. Needs Debian's haproxy and openssl.
#   scripts/bench.sh [RUNS] [SECONDS]      default: 5 interleaved runs of 3 seconds
# Exit status 1 when one tunnel over h2c moves less than half of what the HAProxy TCP chain moves.
set -euo pipefail
cd "$(dirname "$0")/.."

runs=${1:-5}
seconds=${2:-3}
for tool in haproxy openssl; do
  command -v "$tool" >/dev/null || { echo "bench.sh needs $tool (Debian package $tool)" >&2; exit 2; }
done

dir=$(mktemp -d)
pids=()
cleanup() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$dir"
}
trap cleanup EXIT

echo "building" >&2
for project in src/ActorTunnel.Host tests/ActorTunnel.Benchmarks; do
  dotnet build -c Release --nologo -v quiet "$project" >&2
done
host=src/ActorTunnel.Host/bin/Release/net10.0/actortunnel.dll
driver=tests/ActorTunnel.Benchmarks/bin/Release/net10.0/ActorTunnel.Benchmarks.dll

dotnet "$host" certs --out "$dir/certs" >/dev/null
cat "$dir/certs/server.pem" "$dir/certs/server-key.pem" >"$dir/haproxy.pem"

origin=5401
haproxy_chain() { # name, entrance port, middle port, server options, bind options
  local common=$'global\n  nbthread 2\ndefaults\n  mode tcp\n  timeout connect 5s\n  timeout client 60s\n  timeout server 60s\n'
  printf '%slisten entrance\n  bind 127.0.0.1:%s\n  server hop 127.0.0.1:%s %s\n' "$common" "$2" "$3" "$4" >"$dir/$1-1.cfg"
  printf '%slisten middle\n  bind 127.0.0.1:%s %s\n  server origin 127.0.0.1:%s\n' "$common" "$3" "$5" "$origin" >"$dir/$1-2.cfg"
  for hop in 1 2; do
    haproxy -q -f "$dir/$1-$hop.cfg" >"$dir/$1-$hop.log" 2>&1 &
    pids+=($!)
  done
}
tunnel_chain() { # name, entrance port, middle port, config suffix, further settings
  local further=("${@:5}")
  dotnet "$host" run "config/terminate$4.conf" --set "admin.bind=127.0.0.1:0" --set "listeners.connect-in.bind=127.0.0.1:$3" \
    --set "upstreams.origin.endpoints=[\"127.0.0.1:$origin\"]" "${further[@]:0:4}" >"$dir/$1-2.log" 2>&1 &
  pids+=($!)
  dotnet "$host" run "config/encapsulate$4.conf" --set "admin.bind=127.0.0.1:0" --set "listeners.tunnel-in.bind=127.0.0.1:$2" \
    --set "upstreams.terminators.endpoints=[\"127.0.0.1:$3\"]" "${further[@]:4}" >"$dir/$1-1.log" 2>&1 &
  pids+=($!)
}

haproxy_chain haproxy-tcp 5410 5411 "" ""
haproxy_chain haproxy-tls 5420 5421 "ssl verify none" "ssl crt $dir/haproxy.pem"
tunnel_chain actortunnel-h2c 5430 5431 -h2c
tunnel_chain actortunnel-tls 5440 5441 "" \
  --set "listeners.connect-in.tls.cert=$dir/certs/server.pem" --set "listeners.connect-in.tls.key=$dir/certs/server-key.pem" \
  --set "upstreams.terminators.tls.ca=$dir/certs/ca.pem"

listens() { (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
for port in 5411 5421 5431 5441 5410 5420 5430 5440; do
  for _ in $(seq 100); do
    listens "$port" && break
    sleep 0.1
  done
  listens "$port" || { echo "nothing listens on 127.0.0.1:$port" >&2; tail -n 5 "$dir"/*.log >&2; exit 2; }
done

chains="direct:$origin haproxy-tcp:5410 actortunnel-h2c:5430 haproxy-tls:5420 actortunnel-tls:5440"
for run in $(seq "$runs"); do
  for tunnels in 1 8; do
    for chain in $chains; do
      gbits=$(dotnet "$driver" bulk --target "127.0.0.1:${chain#*:}" --origin "127.0.0.1:$origin" --tunnels "$tunnels" --seconds "$seconds")
      echo "run $run/$runs: ${chain%:*}, $tunnels tunnels: $gbits Gbit/s" >&2
      echo "${chain%:*} $tunnels $gbits" >>"$dir/figures"
    done
  done
done

echo
echo "Gbit/s one way, median (least to most) of $runs interleaved runs of $seconds s, $(nproc) cores"
printf '%-16s %28s %28s\n' chain "1 tunnel" "8 tunnels"
median() { awk -v c="$1" -v t="$2" '$1==c && $2==t {print $3}' "$dir/figures" | sort -n | awk '{v[NR]=$1} END {m=NR%2 ? v[(NR+1)/2] : (v[NR/2]+v[NR/2+1])/2; printf "%.2f %.2f %.2f", m, v[1], v[NR]}'; }
for chain in $chains; do
  name=${chain%:*}
  printf '%-16s' "$name"
  for tunnels in 1 8; do
    read -r mid low high <<<"$(median "$name" "$tunnels")"
    printf ' %28s' "$mid ($low to $high)"
  done
  echo
done
ratio() { awk -v a="$(median "$1" "$3" | cut -d' ' -f1)" -v b="$(median "$2" "$3" | cut -d' ' -f1)" 'BEGIN {printf "%.2f", a/b}'; }
echo
for tunnels in 1 8; do
  echo "h2c against HAProxy TCP, $tunnels tunnels: $(ratio actortunnel-h2c haproxy-tcp "$tunnels")   with TLS: $(ratio actortunnel-tls haproxy-tls "$tunnels")"
done
awk -v r="$(ratio actortunnel-h2c haproxy-tcp 1)" 'BEGIN { exit r < 0.5 }' || { echo "FAILED: less than half of HAProxy's TCP chain" >&2; exit 1; }
echo "passed: one tunnel over h2c moves at least half of HAProxy's TCP chain"
