#!/usr/bin/env bash
# Sends TCP connections to an encapsulator's listener with nftables, whatever address they were made for. Needs Linux, nft, and root (CAP_NET_ADMIN).
#   scripts/intercept.sh up --mode redirect|tproxy --to PORT [OPTION]...    replaces what was there, in one step
#   scripts/intercept.sh down                                               removes it; nothing there is no error
#   scripts/intercept.sh status                                             prints the rules
# Options of up:
#   --mode MODE           redirect: the destination is rewritten; listener with original-dst = redirect
#                         tproxy: the destination stays; listener with original-dst = tproxy; needs ip as well
#   --to PORT             the port of the listener on this machine
#   --hook HOOK           output: connections of this machine; prerouting: those of others that it forwards; both (default: output)
#   --ports LIST          destination ports and ranges, as in 80,443,8000-8100; or all (default: all)
#   --exclude-uid USER    not the connections of this user, a name or a number; for output only
#   --exclude-mark N      not packets with this mark, 1 to 0xffffffff
#   --exclude-cidr CIDR   not to these addresses, IPv4 or IPv6
#   --dry-run             up and down print what they would do, as commands for a shell
# The --exclude options may be given more than once. The own connections of every node on this machine have to be excluded: the encapsulator's to its terminators, and a
# terminator's to origins, which would else come back to the encapsulator without end. Run the nodes as a user of their own and name it with --exclude-uid.
# Connections to addresses of this machine are never intercepted.
# Everything is in one nftables table; tproxy has a routing table and a rule beside it. Exit status: 1 it could not be done, 2 a mistake in the options.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

nft_table=actortunnel
# A bit that says of a packet, and of its connection, that it is intercepted; the routing table that keeps such packets here; the place of its rule.
bit=0x20000000
route_table=20747
preference=20747
route=(local default dev lo table "$route_table")
rule=(fwmark "$bit/$bit" lookup "$route_table" preference "$preference")

fail() { echo "intercept.sh: $*" >&2; exit 1; }
mistake() { echo "intercept.sh: $*" >&2; exit 2; }

# A whole number of at most ten digits, without a sign, between two bounds.
is_between() { [[ $1 =~ ^(0|[1-9][0-9]{0,9})$ ]] && (( $1 >= $2 && $1 <= $3 )); }

is_ipv4() {
  local octet octets
  [[ $1 =~ ^[0-9.]+$ && $1 != *. ]] || return 1
  IFS=. read -ra octets <<<"$1"
  [[ ${#octets[@]} -eq 4 ]] || return 1
  for octet in "${octets[@]}"; do is_between "$octet" 0 255 || return 1; done
}

is_ipv6() {
  local group groups filled=$1
  [[ $1 =~ ^[0-9a-fA-F:]+$ && $1 != *:::* && $1 != *::*::* ]] || return 1
  [[ $1 != :[^:]* && $1 != *[^:]: ]] || return 1
  filled=${filled/#::/0::}
  filled=${filled/%::/::0}
  IFS=: read -ra groups <<<"${filled/::/:}"
  for group in "${groups[@]}"; do [[ $group =~ ^[0-9a-fA-F]{1,4}$ ]] || return 1; done
  if [[ $filled == *::* ]]; then (( ${#groups[@]} <= 8 )); else (( ${#groups[@]} == 8 )); fi
}

modes="redirect or tproxy"
hooks="output, prerouting or both"
mode="" to="" hook=output ports=all dry_run=false
uids=() marks=() cidrs4=() cidrs6=()

take_ports() {
  local item first last items
  ports=$1
  [[ $ports != all ]] || return 0
  [[ -n $ports && $ports != *$'\n'* ]] || mistake "--ports: nothing, or more than one line; allowed: ports 1 to 65535 and ranges with commas between, or all"
  [[ $ports != *, ]] || mistake "--ports $1: a comma with nothing behind it; allowed: ports 1 to 65535 and ranges with commas between, or all"
  IFS=, read -ra items <<<"$ports"
  for item in "${items[@]}" ; do
    first=${item%%-*} last=${item#*-}
    if ! is_between "$first" 1 65535 || ! is_between "$last" "$first" 65535; then
      mistake "--ports $1: '$item' is wrong; allowed: ports 1 to 65535 and ranges with commas between, or all"
    fi
  done
}

take_uid() {
  local uid=$1
  if ! is_between "$uid" 0 4294967294; then
    uid=""
    # Not "+5" nor "007", which id takes.
    if [[ $1 =~ ^[a-zA-Z_] ]]; then uid=$(id -u -- "$1" 2>/dev/null) || true; fi
    [[ -n $uid ]] || mistake "--exclude-uid $1: no such user; allowed: a user's name, or a number up to 4294967294"
  fi
  uids+=("$uid")
}

take_mark() {
  [[ $1 =~ ^0x[0-9a-fA-F]{1,8}$ ]] && (( $1 > 0 )) || is_between "$1" 1 4294967295 || mistake "--exclude-mark $1: allowed: 1 to 4294967295, or 0x1 to 0xffffffff"
  (( ($1 & bit) == 0 )) || mistake "--exclude-mark $1: the bit $bit is used for interception itself; allowed: marks without it"
  marks+=("$1")
}

take_cidr() {
  local address=${1%%/*} length=${1#*/}
  if is_ipv4 "$address" && { [[ $1 != */* ]] || is_between "$length" 0 32; }; then
    cidrs4+=("$1")
  elif is_ipv6 "$address" && { [[ $1 != */* ]] || is_between "$length" 0 128; }; then
    cidrs6+=("$1")
  else
    mistake "--exclude-cidr $1: allowed: an address, or one with its length, as in 10.0.0.0/8 or fd00::/8"
  fi
}

read_options() {
  local command=$1 name value
  shift
  while [[ $# -gt 0 ]]; do
    name=$1
    if [[ $name == --dry-run && $command != status ]]; then
      dry_run=true
      shift
      continue
    fi
    [[ $command == up ]] || mistake "$command: '$name' is no option of it; allowed: $([[ $command == down ]] && echo --dry-run || echo none)"
    case $name in
      --mode | --to | --hook | --ports | --exclude-uid | --exclude-mark | --exclude-cidr) ;;
      *) mistake "up: '$name' is no option of it; allowed: --mode, --to, --hook, --ports, --exclude-uid, --exclude-mark, --exclude-cidr, --dry-run" ;;
    esac
    [[ $# -ge 2 ]] || mistake "$name: a value is missing"
    value=$2
    shift 2
    case $name in
      --mode) [[ $value == redirect || $value == tproxy ]] || mistake "--mode $value: allowed: $modes"; mode=$value ;;
      --to) is_between "$value" 1 65535 || mistake "--to $value: allowed: a port, 1 to 65535"; to=$value ;;
      --hook) [[ $value == output || $value == prerouting || $value == both ]] || mistake "--hook $value: allowed: $hooks"; hook=$value ;;
      --ports) take_ports "$value" ;;
      --exclude-uid) take_uid "$value" ;;
      --exclude-mark) take_mark "$value" ;;
      --exclude-cidr) take_cidr "$value" ;;
    esac
  done
  [[ $command == up ]] || return 0
  [[ -n $mode ]] || mistake "--mode is missing; allowed: $modes"
  [[ -n $to ]] || mistake "--to is missing; allowed: a port, 1 to 65535"
  if [[ $hook == prerouting ]]; then
    [[ ${#uids[@]} -eq 0 ]] || mistake "--exclude-uid: a forwarded connection has no user; allowed: with --hook output or both"
  elif [[ ${#uids[@]} -eq 0 && ${#marks[@]} -eq 0 && ${#cidrs4[@]} -eq 0 && ${#cidrs6[@]} -eq 0 ]]; then
    mistake "--hook $hook: the encapsulator's own connections would come back to it; needed: --exclude-uid, --exclude-mark or --exclude-cidr"
  fi
}

has_hook() { [[ $hook == "$1" || $hook == both ]]; }

# The chain that decides about a new connection: what is let go returns, what is taken meets the verdict. Only a SYN is looked at: conntrack calls a
# connection from before its time new as well, and such a one must stay as it is.
decision() { # verdict
  local item items
  echo "  chain decide {"
  echo "    tcp flags & (fin | syn | rst | ack) != syn return"
  echo "    fib daddr type local return"
  for item in "${marks[@]}"; do echo "    meta mark $item return"; done
  for item in "${cidrs4[@]}"; do echo "    ip daddr $item return"; done
  for item in "${cidrs6[@]}"; do echo "    ip6 daddr $item return"; done
  if [[ $ports == all ]]; then
    echo "    meta l4proto tcp $1"
  else
    IFS=, read -ra items <<<"$ports"
    for item in "${items[@]}"; do echo "    tcp dport $item $1"; done
  fi
  echo "  }"
}

# What the chains at a hook begin with.
base_chain() { # name, type and place
  printf '  chain %s {\n    type %s; policy accept;\n    meta l4proto != tcp return\n' "$1" "$2"
}

let_users_go() {
  local uid
  for uid in "${uids[@]}"; do echo "    meta skuid $uid return"; done
}

redirect_chains() {
  decision "redirect to :$to"
  if has_hook output; then
    base_chain output "nat hook output priority -100"
    let_users_go
    echo "    jump decide"
    echo "  }"
  fi
  if has_hook prerouting; then
    base_chain prerouting "nat hook prerouting priority dstnat"
    echo "    jump decide"
    echo "  }"
  fi
}

# Conntrack keeps what was decided at the SYN, so one connection is treated alike to its end. A packet of this machine meets no tproxy on its way out: with
# the bit it is routed to lo, and comes in again through prerouting. The socket rule is for a connection that conntrack has forgotten; where nobody listens, the last
# rule refuses, so that nothing goes past the proxy.
tproxy_chains() {
  local take="meta mark set meta mark | $bit"
  decision "ct mark set ct mark | $bit $take return"
  if has_hook output; then
    base_chain output "route hook output priority mangle"
    echo "    ct direction reply return"
    echo "    ct mark & $bit == $bit $take return"
    let_users_go
    echo "    jump decide"
    echo "  }"
  fi
  base_chain prerouting "filter hook prerouting priority mangle"
  echo "    socket transparent 1 socket wildcard 0 $take accept"
  echo "    ct direction reply return"
  has_hook output || echo "    iif lo return"
  has_hook prerouting || echo "    iif != lo return"
  ! has_hook prerouting || echo "    iif != lo jump decide"
  echo "    ct mark & $bit != $bit return"
  echo "    meta nfproto ipv4 meta l4proto tcp tproxy ip to :$to $take accept"
  echo "    meta nfproto ipv6 meta l4proto tcp tproxy ip6 to :$to $take accept"
  echo "    reject with tcp reset"
  echo "  }"
}

# The first two lines make the third one work whether the table is there or not; nft applies all of it or nothing.
ruleset() {
  echo "add table inet $nft_table"
  echo "delete table inet $nft_table"
  [[ -n $mode ]] || return 0
  echo "table inet $nft_table {"
  "${mode}_chains"
  echo "}"
}

# IPv6 may be there and switched off: then loopback has no address of it.
families() { echo -4; ! grep -qs ' lo$' /proc/net/if_inet6 || echo -6; }

# Runs a command, or prints it; fails with its first complaint.
change() {
  local problem
  if $dry_run; then echo "$*"; return; fi
  problem=$("$@" 2>&1) || { echo "intercept.sh: $*: ${problem%%$'\n'*}" >&2; return 1; }
}

apply_rules() {
  local problem
  if $dry_run; then printf "nft -f - <<'END'\n%s\nEND\n" "$(ruleset)"; return; fi
  problem=$(ruleset | nft -f - 2>&1) || { echo "intercept.sh: nft: ${problem%%$'\n'*}" >&2; return 1; }
}

# Without the program ip there is neither.
has_rule() { ip "$1" rule show preference "$preference" 2>/dev/null | grep -q "fwmark $bit/$bit lookup $route_table"; }
has_route() { [[ -n $(ip "$1" route show table "$route_table" 2>/dev/null) ]]; }

add_routing() {
  local family
  for family in $(families); do
    change ip "$family" route replace "${route[@]}" || return 1
    has_rule "$family" || change ip "$family" rule add "${rule[@]}" || return 1
  done
}

remove_routing() {
  local family
  for family in $(families); do
    ! has_rule "$family" || change ip "$family" rule del "${rule[@]}" || return 1
    ! has_route "$family" || change ip "$family" route flush table "$route_table" || return 1
  done
}

# A program and its Debian package.
require() { command -v "$1" >/dev/null || fail "$1 is needed (Debian package $2)"; }

require_nft() {
  local problem
  require nft nftables
  problem=$(nft list tables 2>&1 >/dev/null) || fail "nft cannot be used: ${problem%%$'\n'*}; needed: root, or CAP_NET_ADMIN"
}

up() {
  $dry_run || require_nft
  $dry_run || [[ $mode == redirect ]] || require ip iproute2
  if [[ $mode == redirect ]]; then
    apply_rules && remove_routing || exit 1
  elif ! add_routing || ! apply_rules; then
    # Rules of an earlier call are still as they were, and need their routes.
    nft list table inet "$nft_table" >/dev/null 2>&1 || remove_routing || true
    exit 1
  fi
}

down() {
  $dry_run || require_nft
  apply_rules && remove_routing || exit 1
}

status() {
  local family
  require_nft
  nft list table inet "$nft_table" 2>/dev/null || echo "no connection is intercepted"
  for family in $(families); do
    ! has_rule "$family" || ip "$family" rule show preference "$preference"
    ! has_route "$family" || ip "$family" route show table "$route_table"
  done
}

command=${1:-}
case $command in
  up | down | status) shift; read_options "$command" "$@"; "$command" ;;
  -h | --help | help) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" ;;
  "") mistake "a command is missing; allowed: up, down, status" ;;
  *) mistake "'$command' is no command; allowed: up, down, status" ;;
esac
