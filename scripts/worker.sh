#!/usr/bin/env bash
# Runs terminator number N of a mesh in this terminal, until Ctrl-C; its ports are free ones. ORIGIN=HOST:PORT in front says where tunnels end.
#   scripts/worker.sh N [--host ADDRESS] [--seeds HOST:PORT,…] [-- ARGUMENT…]
#     N         1, 2, …: the node is called worker-N
#     --host    this machine's IP address, for a mesh on several machines; 127.0.0.1 where it is left out
#     --seeds   members to join; 127.0.0.1:2551 where it is left out
#     --        what follows is for "actortunnel run": --set KEY=VALUE, say
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# shellcheck source=scripts/node.bash
source scripts/node.bash

number=${1:-}
if [[ $number == --help || $number == -h ]]; then read_options --help; fi
[[ $number =~ ^[1-9][0-9]*$ ]] || fail "'$number': the first argument is the worker's number, 1 or more, as in scripts/worker.sh 1"
shift
read_options "$@"
address=${node_host:-127.0.0.1}
run_node worker --set "node.name=worker-$number" --set "listeners.connect-in.bind=$address:0" --set "mesh.bind=$address:0" --set admin.bind=127.0.0.1:0
