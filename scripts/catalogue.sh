#!/usr/bin/env bash
# Full-size checks that are too long for dotnet test. Each row prints its figures and a verdict; exit status 1 when one failed.
#   scripts/catalogue.sh [ROW]...      without a name: all rows
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source=scripts/pair.bash
source scripts/pair.bash

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
