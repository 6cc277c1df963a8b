#!/usr/bin/env bash
# Full-size checks that are too long for dotnet test. Each row prints its figures and a verdict; exit status 1 when one failed.
#   scripts/catalogue.sh [ROW]...      without a name: all rows
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source=scripts/pair.bash
source scripts/pair.bash
# shellcheck source=scripts/mesh.bash
source scripts/mesh.bash

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

# 64 MiB each way through each of four tunnels.
row_large_transfers() {
  start_pair
  dotnet "$driver" exact --target "127.0.0.1:$entrance" --origin "127.0.0.1:$origin" --tunnels 4 --bytes 67108864 || return 1
  stop_pair
}

# kill -9 of a node during 100 transfers: every application and every origin sees a reset.
broken_by() {
  start_pair
  dotnet "$driver" broken --target "127.0.0.1:$entrance" --origin "127.0.0.1:$origin" --tunnels 100 >"$dir/broken.log" 2>&1 &
  local drive=$! verdict=0
  pids+=("$drive")
  for _ in $(seq 600); do
    if grep -q '^running' "$dir/broken.log" || ! kill -0 "$drive" 2>/dev/null; then break; fi
    sleep 0.1
  done
  kill -9 "${!1}"
  wait "$drive" || verdict=1
  cat "$dir/broken.log"
  kill -TERM "$encapsulator" "$terminator" 2>/dev/null || true
  wait "$encapsulator" "$terminator" 2>/dev/null || true
  return "$verdict"
}

row_kill_terminator() { broken_by terminator; }

row_kill_encapsulator() { broken_by encapsulator; }

# SIGTERM to the terminator while 1,000 tunnels run: all of them end byte-exact, and it stops in order.
row_drain_thousand_tunnels() {
  start_pair --set drain.timeout=5m
  dotnet "$driver" exact --target "127.0.0.1:$entrance" --origin "127.0.0.1:$origin" --tunnels 1000 --bytes 1048576 >"$dir/drain.log" 2>&1 &
  local drive=$! open=0
  pids+=("$drive")
  for _ in $(seq 600); do
    open=$(curl -sf 'http://127.0.0.1:9902/tunnels?limit=1' | sed -n 's/^ *"total": \([0-9]*\),$/\1/p')
    if [[ ${open:-0} -ge 1000 ]]; then break; fi
    sleep 0.05
  done
  echo "open tunnels when SIGTERM is sent: ${open:-0}"
  kill -TERM "$terminator"
  wait "$drive" || { cat "$dir/drain.log"; return 1; }
  cat "$dir/drain.log"
  wait "$terminator" || { echo "the terminator ended with $?"; return 1; }
  kill -TERM "$encapsulator" && wait "$encapsulator"
  [[ ${open:-0} -ge 1000 ]]
}

# Four busy tunnels, alone and beside 120 on the same session whose readers stand still, in turns: they keep nine tenths of their throughput.
row_neighbours() {
  start_pair
  dotnet "$driver" neighbours --target "127.0.0.1:$entrance" --origin "127.0.0.1:$origin" || return 1
  local sessions
  sessions=$(grep -c '^session ' "$dir/terminator.log")
  echo "sessions between the processes: $sessions"
  stop_pair || return 1
  [[ $sessions -eq 1 ]]
}

# 1 GiB of DATA with padding, resets, half-closes and unread payload to a node in each role: the connection's window is exactly what it was.
row_window_exact() {
  ACTORTUNNEL_FULL_SIZE=1 dotnet test -c Release --nologo -v quiet tests/ActorTunnel.Scenarios \
    --filter 'FullyQualifiedName~ConnectionWindow.After_1_GiB' --logger 'console;verbosity=detailed' >"$dir/window.log" 2>&1 || { cat "$dir/window.log"; return 1; }
  grep 'Tally' "$dir/window.log"
  [[ $(grep -c '^ *Passed ActorTunnel' "$dir/window.log") -eq 2 ]]
}

# kill -9 of one of three terminators of a mesh with 300 tunnels: resets within a second, no clean end; new tunnels go elsewhere, and none fails after five seconds.
row_mesh_kill() {
  start_mesh 3
  start_arrivals --steady 300 --rate 20 --seconds 20 --may-break
  sleep 5
  echo "tunnels of the terminator when it is killed: $(metric_of worker-1 actortunnel_tunnels_open)"
  kill -9 "${node_pid[worker-1]}"
  wait "${node_pid[worker-1]}" 2>/dev/null || true
  unset 'node_pid[worker-1]'
  end_arrivals || return 1
  grep -q 'steady ones: [1-9]' "$dir/arrivals.log" || return 1
  up_at edge 4 60 || return 1
  stop_mesh
}

# SIGTERM to one of three terminators with 300 running transfers: all byte-exact, no new tunnel on it after a second, exit status 0.
row_mesh_drain() {
  start_mesh 3 --set drain.timeout=60s
  start_arrivals --steady 300 --rate 20 --seconds 20
  sleep 5
  local opened later=
  kill -TERM "${node_pid[worker-1]}"
  sleep 1
  opened=$(metric_of worker-1 actortunnel_tunnels_opened_total)
  echo "tunnels of the terminator a second after SIGTERM: $(metric_of worker-1 actortunnel_tunnels_open); opened until then: $opened"
  sleep 9
  later=$(metric_of worker-1 actortunnel_tunnels_opened_total)
  echo "opened nine seconds later: $later"
  end_arrivals || return 1
  wait "${node_pid[worker-1]}" || { echo "the terminator ended with $?"; return 1; }
  unset 'node_pid[worker-1]'
  grep '^draining' "$dir/worker-1.log" | tail -n 1
  stop_mesh || return 1
  [[ $opened -eq $later ]]
}

# All three terminators are restarted, one after the other, under 50 new tunnels a second: no tunnel fails.
row_mesh_rolling_restart() {
  start_mesh 3
  start_arrivals --rate 50 --seconds 60
  local i
  for i in 1 2 3; do
    sleep 3
    stop_node "worker-$i" || { echo "worker-$i ended with $?"; return 1; }
    start_worker "worker-$i"
    up_at edge 5 30 || return 1
  done
  kill -0 "$drive" || { echo "the restarts took longer than the load" >&2; return 1; }
  end_arrivals || return 1
  stop_mesh
}

# Nobody in the mesh hears anybody for a minute, while the tunnels' own network is whole: no tunnel is lost, new ones work, and 15 s after the healing each node sees all.
row_mesh_partition() {
  if [[ ${ACTORTUNNEL_NAMESPACE:-} != own ]]; then
    # Packet filter rules, in a network namespace of its own.
    command -v nft >/dev/null && [[ $EUID -eq 0 ]] || { echo "needs root, and nft (Debian package nftables)" >&2; return 1; }
    ACTORTUNNEL_NAMESPACE=own unshare -n "$0" mesh-partition
    return
  fi
  ip link set lo up
  start_mesh 3
  start_arrivals --steady 100 --rate 20 --seconds 90
  local ports node
  ports=$(for node in "${!node_mesh[@]}"; do echo "${node_mesh[$node]##*:}"; done | paste -sd,)
  sleep 2
  nft -f - <<RULES || return 1
table inet partition {
  chain input {
    type filter hook input priority 0;
    tcp sport { $ports } drop
    tcp dport { $ports } drop
  }
}
RULES
  sleep 60
  echo "members that the encapsulator hears at the end of the partition: $(members_of edge)"
  [[ $(members_of edge) -le 1 ]] || return 1
  nft delete table inet partition || return 1
  local healed=$SECONDS
  for node in "${!node_mesh[@]}"; do up_at "$node" 5 $((15 - SECONDS + healed)) || return 1; done
  end_arrivals || return 1
  stop_mesh
}

# 4,000 tunnels over four terminators: the fullest has at most 1.25 times the mean.
row_mesh_balance() {
  start_mesh 4
  start_arrivals --rate 350 --hold 40 --seconds 13
  local open=0
  for _ in $(seq 600); do
    open=$(metric_of edge actortunnel_tunnels_open)
    if [[ $open -ge 4000 ]]; then break; fi
    sleep 0.1
  done
  spread 4 || return 1
  end_arrivals || return 1
  stop_mesh
}

# A fourth terminator comes to three under load: new tunnels go there too, until load is even.
row_mesh_scale_out() {
  start_mesh 3
  start_arrivals --rate 60 --hold 12 --seconds 60
  sleep 14
  spread 3
  start_worker worker-4
  up_at edge 6 30 || return 1
  sleep 25
  spread 4 || return 1
  end_arrivals || return 1
  stop_mesh
}

# Tunnels of each terminator, and whether the fullest has at most 1.25 times the mean.
spread() {
  local i counts=()
  for i in $(seq "$1"); do counts+=("$(metric_of "worker-$i" actortunnel_tunnels_open)"); done
  printf '%s\n' "${counts[@]}" | awk '{ n++; sum += $1; if ($1 > max) max = $1; text = text " " $1 }
    END { printf "tunnels of the terminators:%s; max/mean %.2f\n", text, n * max / sum; exit !(sum > 0 && n * max / sum <= 1.25) }'
}

# Ten nodes without a tunnel: each takes at most 4 % of a core.
row_mesh_idle() {
  start_mesh 6
  local i name
  for i in 2 3; do start_edge "edge-$i"; done
  up_at seed 10 60 || return 1
  sleep 30
  local ticks worst=0
  declare -A before
  for name in "${!node_pid[@]}"; do before[$name]=$(cpu_ticks "${node_pid[$name]}"); done
  sleep 60
  for name in "${!node_pid[@]}"; do
    ticks=$(($(cpu_ticks "${node_pid[$name]}") - before[$name]))
    awk -v name="$name" -v ticks="$ticks" -v hz="$(getconf CLK_TCK)" 'BEGIN { printf "%s: %.1f %% of a core\n", name, ticks / hz / 60 * 100 }'
    if [[ $ticks -gt $worst ]]; then worst=$ticks; fi
  done
  stop_mesh || return 1
  [[ $worst -le $((4 * 60 * $(getconf CLK_TCK) / 100)) ]]
}

# User and system time of a process, in the kernel's ticks.
cpu_ticks() {
  awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"
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
