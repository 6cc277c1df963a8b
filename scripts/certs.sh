#!/usr/bin/env bash
# Makes a certificate authority and server, client and node certificates for localhost.
# Usage: scripts/certs.sh [DIR] [further options of "actortunnel certs"]; DIR is certs/ where it is left out.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
directory=certs
if [[ $# -gt 0 && $1 != -* ]]; then
  directory=$1
  shift
fi

exec dotnet run --project "$root/src/ActorTunnel.Host" -- certs --out "$directory" "$@"
