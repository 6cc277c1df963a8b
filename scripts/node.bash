# What scripts/seed.sh, worker.sh and edge.sh have in common; they source this file.

program=artifacts/actortunnel
node_host=
node_seeds=
node_rest=()

fail() {
  echo "$(basename "$0"): $1" >&2
  exit 2
}

# Reads --host and --seeds; what follows "--" is for run.
read_options() {
  while [[ $# -gt 0 ]]; do
    case $1 in
      --host)
        [[ $# -ge 2 && ($2 =~ ^[0-9]+(\.[0-9]+){3}$ || $2 =~ ^[0-9a-fA-F:]*:[0-9a-fA-F:.]*$) ]] ||
          fail "--host '${2:-}': an IP address of this machine is allowed, one that the other members can dial"
        [[ $2 =~ ^(0\.0\.0\.0|[0:]+)$ ]] && fail "--host '$2': nobody can dial it; an IP address of this machine is allowed"
        node_host=$2
        if [[ $node_host == *:* ]]; then node_host="[$node_host]"; fi
        shift 2
        ;;
      --seeds)
        [[ $# -ge 2 && $2 =~ ^[^,:]+:[0-9]+(,[^,:]+:[0-9]+)*$ || ${2:-} =~ ^(\[[0-9a-fA-F:.]+\]:[0-9]+,?)+$ ]] ||
          fail "--seeds '${2:-}': HOST:PORT is allowed, or several with commas between them, as the seeds print them behind 'mesh listens on'"
        node_seeds=$2
        shift 2
        ;;
      --help | -h)
        sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$0"
        exit
        ;;
      --)
        shift
        node_rest=("$@")
        return
        ;;
      *) fail "'$1' is not known; allowed: --host ADDRESS, --seeds HOST:PORT,…, and -- with arguments of run behind it (--help tells more)" ;;
    esac
  done
}

# Publishes the program where it is not there, one script at a time.
need_program() {
  if [[ ! -x $program ]]; then
    echo "publishing the program to artifacts/ …" >&2
    flock src/ActorTunnel.Host bash -c "[[ -x $program ]] || dotnet publish --nologo -v quiet src/ActorTunnel.Host -o artifacts" >&2
  fi
}

# Makes certs/ where there is none. Members on other machines need the same certificates, so that is for the seed, and for a mesh on one machine.
need_certificates() {
  if [[ -e certs/ca.pem ]]; then return; fi
  if [[ $1 != seed && -n $node_host ]]; then
    fail "there is no certs/; every machine of a mesh needs the same one: copy it from the machine of the seed"
  fi
  local made
  made=$(mktemp -d artifacts/certs.XXXXXX)
  "$program" certs --out "$made" >/dev/null
  # Whoever comes first wins.
  mv -T "$made" certs 2>/dev/null || rm -rf "$made"
}

# Becomes a node: its kind, which is the name of its configuration, and further arguments of run.
run_node() {
  local kind=$1 seed quoted=()
  shift
  if [[ -n $node_seeds ]]; then
    IFS=, read -ra seeds <<<"$node_seeds"
    for seed in "${seeds[@]}"; do quoted+=("\"$seed\""); done
    set -- "$@" --set "mesh.seeds=[$(IFS=, && echo "${quoted[*]}")]"
  fi
  need_program
  need_certificates "$kind"
  exec "$program" run "config/$kind.conf" "$@" "${node_rest[@]}"
}
