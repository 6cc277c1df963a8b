#!/usr/bin/env bash
# Measures chains of two proxies on loopback against each other: each is started in turn and driven by the same client in front of the same origin, which check every byte. Prints a table
# of medians, and says whether our own targets are met; the table, a plot (SVG) and all single results are left in a folder.
#   scripts/bench.sh [OPTION]...
# Options:
#   --runs N         times that everything is done, turn by turn (default: 5)
#   --seconds S      how long each work is measured (default: 3)
#   --warm-up S      load for each chain that was just started, before it is measured (default: 10); .NET and Node compile meanwhile
#   --works LIST     with commas between (default: all): bulk, messages, beside (messages beside a bulk tunnel), opens, stalled, idle, link
#   --chains LIST    with commas between (default: all): direct, haproxy-tls, nginx-tls, actortunnel-h2c, actortunnel-tls, kestrel-tls (Kestrel, HttpClient over
#                    HTTP/2, Kestrel), node-tls (http2 of Node), nghttpx-httpd-tls (nghttpx and Apache httpd)
#   --out DIR        where results.jsonl, table.txt and plot.svg go (default: artifacts/bench)
#   --quick          --runs 1 --seconds 1 --warm-up 3, and 1,000 idle tunnels in place of 10,000: to see that all works, not to measure
# With the defaults it takes an hour and a half, and wants a machine on which nothing else runs. A chain whose programs are not installed is skipped by name.
# Exit status: 0 everything was done, 1 a work failed or a byte was wrong, 2 a mistake in the options.
set -euo pipefail
cd "$(dirname "$0")/.."

mistake() { echo "bench.sh: $*" >&2; exit 2; }

all_works=(bulk messages beside opens stalled idle link)
runs=5 seconds=3 warm_up=10 idle_tunnels=10000 works=() chosen=() out=artifacts/bench

# shellcheck source=scripts/chains.bash
source scripts/chains.bash

words() { local IFS=,; echo "$*" | sed 's/,/, /g'; }
split() { # An option, its value and what is allowed; sets list.
  local option=$1 value=$2 item known
  shift 2
  IFS=, read -ra list <<<"$value"
  for item in "${list[@]:-}"; do
    for known in "$@"; do [[ $item != "$known" ]] || continue 2; done
    mistake "$option: '$item' is not known; allowed: $(words "$@")"
  done
}

while [[ $# -gt 0 ]]; do
  option=$1
  case $option in
    --help) sed -n '2,/^set -/p' "$0" | sed '/^set -/d; s/^# \{0,1\}//'; exit 0 ;;
    --quick) runs=1 seconds=1 warm_up=3 idle_tunnels=1000; shift; continue ;;
    --runs | --seconds | --warm-up | --works | --chains | --out) [[ $# -gt 1 ]] || mistake "$option: a value is missing" ;;
    *) mistake "'$option' is not known; allowed: --runs N, --seconds S, --warm-up S, --works LIST, --chains LIST, --out DIR, --quick (--help tells more)" ;;
  esac
  case $option in
    --runs) [[ $2 =~ ^[1-9][0-9]{0,2}$ ]] || mistake "--runs '$2': 1 to 999 is allowed"; runs=$2 ;;
    --seconds) [[ $2 =~ ^([1-9][0-9]{0,3}(\.[0-9]+)?|0\.[1-9][0-9]*)$ ]] || mistake "--seconds '$2': 0.1 to 9999 is allowed"; seconds=$2 ;;
    --warm-up) [[ $2 =~ ^[0-9]{1,4}(\.[0-9]+)?$ ]] || mistake "--warm-up '$2': 0 to 9999 is allowed"; warm_up=$2 ;;
    --works) split --works "$2" "${all_works[@]}"; works=("${list[@]}") ;;
    --chains) split --chains "$2" "${chains[@]}"; chosen=("${list[@]}") ;;
    --out) [[ -n $2 ]] || mistake "--out '': a folder is needed"; out=$2 ;;
  esac
  shift 2
done
[[ ${#works[@]} -gt 0 ]] || works=("${all_works[@]}")
[[ ${#chosen[@]} -gt 0 ]] || chosen=("${chains[@]}")

dir=$(mktemp -d)
origin_process=""
cleanup() {
  stop_chain
  [[ -z $origin_process ]] || kill "$origin_process" 2>/dev/null || true
  rm -rf "$dir"
}
trap cleanup EXIT

echo "building" >&2
for project in src/ActorTunnel.Host tests/ActorTunnel.Benchmarks; do
  dotnet build -c Release --nologo -v quiet "$project" >&2
done
host=src/ActorTunnel.Host/bin/Release/net10.0/actortunnel.dll
driver=tests/ActorTunnel.Benchmarks/bin/Release/net10.0/ActorTunnel.Benchmarks.dll
# Compiled fully at once: the harness's own warm-up is not to be measured.
drive() { DOTNET_TieredCompilation=0 dotnet "$driver" "$@"; }
dotnet "$host" certs --out "$dir/certs" >/dev/null

# An idle tunnel takes two descriptors of a proxy that has a connection for each.
ulimit -n "$(ulimit -Hn)"
limit=$(ulimit -n)
notes="$runs interleaved runs of $seconds s; $(nproc) cores; Linux $(uname -r); .NET $(dotnet --version)"
if [[ $limit != unlimited && $idle_tunnels -gt $(((limit - 400) / 2)) ]]; then
  idle_tunnels=$(((limit - 400) / 200 * 100))
  notes+="; $idle_tunnels idle tunnels, since a process may have $limit descriptors"
fi

mkdir -p "$out"
results=$out/results.jsonl
: >"$results"
drive note --results "$results" "$notes"

take_port; origin=$port
start origin env DOTNET_TieredCompilation=0 dotnet "$driver" origin --listen "127.0.0.1:$origin"
origin_process=$started
await_port "$origin" origin

status=0
# Starts a chain, drives it, and ends it: the chain, options of the link in its middle (or nothing), the number of the run, works, and further options of the driver.
measure() {
  local chain=$1 run=$3 works=$4 processes=()
  start_chain "$chain" "$2"
  shift 4
  [[ -z $front ]] || processes+=(--process "front=$front")
  [[ -z $link ]] || processes+=(--process "link=$link")
  [[ -z $back ]] || processes+=(--process "back=$back")
  echo "run $run of $runs: $chain" >&2
  drive bench --chain "$chain" --target "127.0.0.1:$entrance" --origin "127.0.0.1:$origin" --process "origin=$origin_process" "${processes[@]}" \
    --works "$works" --run "$run" --seconds "$seconds" --idle-tunnels "$idle_tunnels" --results "$results" "${drive_options[@]}" "$@" >&2 || status=1
  stop_chain
}

ready=()
for chain in "${chosen[@]}"; do
  reason=$(missing_of "$chain")
  if [[ -n $reason ]]; then
    drive skip --results "$results" --chain "$chain" "$reason"
    echo "$chain is skipped: $reason" >&2
  else
    ready+=("$chain")
  fi
done

# Idle tunnels want a chain that has not carried anything yet, and the link one that has it in its middle.
busy=() idle="" long=""
for work in "${works[@]}"; do
  case $work in
    idle) idle=idle ;;
    link) long=link ;;
    *) busy+=("$work") ;;
  esac
done
for run in $(seq "$runs"); do
  for chain in "${ready[@]}"; do
    [[ ${#busy[@]} -eq 0 ]] || measure "$chain" "" "$run" "$(IFS=,; echo "${busy[*]}")" --warm-up "$warm_up"
  done
  for chain in "${ready[@]}"; do
    [[ -z $idle || $chain == direct ]] || measure "$chain" "" "$run" idle
  done
  for chain in "${ready[@]}"; do
    [[ -z $long ]] || measure "$chain" "--round-trip 50 --megabits 1000" "$run" link --warm-up "$warm_up"
  done
done

drive report --results "$results" --table "$out/table.txt" --plot "$out/plot.svg"
echo "$out has table.txt, plot.svg and results.jsonl" >&2
exit "$status"
