#!/usr/bin/env bash
# Runs the seed of a mesh in this terminal, until Ctrl-C. It makes certs/ where there is none.
#   scripts/seed.sh [--host ADDRESS] [--seeds HOST:PORT,…] [-- ARGUMENT…]
#     --host    this machine's IP address, for a mesh on several machines; 127.0.0.1 where it is left out. The port is 2551.
#     --seeds   members to join, for a second seed; without, it begins a mesh, and is found by the others of one that runs already
#     --        what follows is for "actortunnel run": --set KEY=VALUE, say
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# shellcheck source=scripts/node.bash
source scripts/node.bash

read_options "$@"
arguments=()
if [[ -n $node_host ]]; then arguments+=(--set "mesh.bind=$node_host:2551"); fi
run_node seed "${arguments[@]}"
