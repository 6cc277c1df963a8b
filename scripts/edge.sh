#!/usr/bin/env bash
# Runs the encapsulator of a mesh in this terminal, until Ctrl-C. Applications dial 127.0.0.1:10000.
#   scripts/edge.sh [--host ADDRESS] [--seeds HOST:PORT,…] [-- ARGUMENT…]
#     --host    this machine's IP address, for a mesh on several machines; 127.0.0.1 where it is left out
#     --seeds   members to join; 127.0.0.1:2551 where it is left out
#     --        what follows is for "actortunnel run": --set listeners.tunnel-in.bind=0.0.0.0:10000, say
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# shellcheck source=scripts/node.bash
source scripts/node.bash

read_options "$@"
arguments=()
if [[ -n $node_host ]]; then arguments+=(--set "mesh.bind=$node_host:0"); fi
run_node edge "${arguments[@]}"
