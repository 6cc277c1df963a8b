#!/usr/bin/env bash
# Mixed load over two nodes for some minutes, every byte checked: prints what the nodes use every ten seconds, and a verdict; exit status 1 when a byte or an end was wrong, or when
# memory, descriptors or threads grow after the warm-up (half of the time, at least 30 s).
#   scripts/soak.sh [MINUTES]      10 without a number
set -euo pipefail
cd "$(dirname "$0")/.."

minutes=${1:-10}
if [[ $# -gt 1 || ! $minutes =~ ^[0-9]+(\.[0-9]+)?$ ]]; then
  echo "soak.sh: '$*': one number of minutes is allowed, as in 10 or 0.5" >&2
  exit 2
fi

# shellcheck source=scripts/pair.bash
source scripts/pair.bash

build
start_pair
dotnet "$driver" soak --target "127.0.0.1:$entrance" --origin "127.0.0.1:$origin" --minutes "$minutes" \
  --node "encapsulator=$encapsulator=http://127.0.0.1:9903" --node "terminator=$terminator=http://127.0.0.1:9902"
stop_pair
