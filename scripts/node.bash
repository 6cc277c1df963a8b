# What scripts/seed.sh, worker.sh and edge.sh have in common; they source this file.

program=artifacts/actortunnel
node_host=
node_seeds=
node_rest=()

fail() {
  echo "$(basename "$0"): $1" >&2
  exit 2
}

is_ipv4() {
  # A leading zero is octal to some readers.
  local octet='(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])'
  [[ $1 =~ ^$octet(\.$octet){3}$ ]]
}

is_ipv6() {
  local text=$1 left right part groups=0 hex='[0-9a-fA-F]{1,4}'
  if [[ $text == *.* ]]; then
    # The last two groups may be written as an IPv4 address.
    is_ipv4 "${text##*:}" || return 1
    text=${text%:*}:0:0
  fi
  if [[ $text != *::* ]]; then
    [[ $text =~ ^$hex(:$hex){7}$ ]]
    return
  fi
  # The two colons stand for one group at least.
  left=${text%%::*} right=${text#*::}
  for part in "$left" "$right"; do
    if [[ -z $part ]]; then continue; fi
    [[ $part =~ ^$hex(:$hex)*$ ]] || return 1
    part=${part//[^:]/}
    groups=$((groups + ${#part} + 1))
  done
  [[ $groups -le 7 ]]
}

is_endpoint() {
  local host=${1%:*} port=${1##*:}
  [[ $1 == *:* && $port =~ ^[1-9][0-9]{0,4}$ && $port -le 65535 ]] || return 1
  case $host in
    \[*\]) is_ipv6 "${host:1:-1}" ;;
    *[!0-9.]*) [[ $host =~ ^[0-9A-Za-z._-]+$ ]] ;;
    *) is_ipv4 "$host" ;;
  esac
}

are_endpoints() {
  local endpoint endpoints
  # What stands behind the last comma, where there is nothing, is not read.
  [[ $1 != *, ]] || return 1
  IFS=, read -ra endpoints <<<"$1"
  [[ ${#endpoints[@]} -gt 0 ]] || return 1
  for endpoint in "${endpoints[@]}"; do is_endpoint "$endpoint" || return 1; done
}

# Reads --host and --seeds; what follows "--" is for run.
read_options() {
  while [[ $# -gt 0 ]]; do
    case $1 in
      --host)
        is_ipv4 "${2:-}" || is_ipv6 "${2:-}" ||
          fail "--host '${2:-}': an IP address of this machine is allowed, one that the other members can dial"
        [[ $2 =~ ^(0\.0\.0\.0|[0:]+([fF]{4}:(0\.0\.0\.0|0:0))?)$ ]] && fail "--host '$2': nobody can dial it; an IP address of this machine is allowed"
        node_host=$2
        if [[ $node_host == *:* ]]; then node_host="[$node_host]"; fi
        shift 2
        ;;
      --seeds)
        are_endpoints "${2:-}" ||
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
