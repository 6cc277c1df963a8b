# The chains that scripts/bench.sh compares, each as the processes front and back on free ports of 127.0.0.1; bench.sh sources this file.
# Expects $dir (a folder with certs/), $host (the program) and $origin (a port), and that pids is the list of what is to be ended.
#   missing_of CHAIN        prints why a chain cannot be started, nothing where it can
#   start_chain CHAIN       starts it and waits until it listens; sets entrance (a port), front and back (process ids, empty where there is none) and drive_options
#   stop_chain              ends it

chains=(direct haproxy-tls actortunnel-h2c actortunnel-tls)

has() { PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null; }
needs() { has "$1" || echo "$1 is not installed (Debian package $2)"; }

missing_of() {
  case $1 in
    haproxy-*) needs haproxy haproxy ;;
  esac
}

listens() { (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

next_port=$((20000 + RANDOM % 1000 * 10)) # Below those that the kernel gives to connections.
take_port() { # Sets port to one at which nobody listens.
  port=$((next_port++))
  while listens "$port"; do port=$((next_port++)); done
}

# Runs a program in the background with its output in a log: the name of the log, and the command line. Sets started.
start() {
  local log=$dir/$1.log
  shift
  "$@" >"$log" 2>&1 </dev/null &
  started=$!
  pids+=("$started")
}

await_port() { # The port, and the name of the log that says why not.
  for _ in $(seq 100); do
    if listens "$1"; then return; fi
    sleep 0.1
  done
  echo "$2 does not listen on 127.0.0.1:$1:" >&2
  tail -n 5 "$dir/$2.log" >&2
  return 1
}

start_chain() {
  front="" back="" drive_options=()
  case $1 in
    direct) entrance=$origin ;;
    haproxy-tls) start_haproxy ;;
    actortunnel-h2c) start_actortunnel -h2c ;;
    actortunnel-tls)
      start_actortunnel "" \
        --set "listeners.connect-in.tls.cert=$dir/certs/server.pem" --set "listeners.connect-in.tls.key=$dir/certs/server-key.pem" \
        --set "upstreams.terminators.tls.ca=$dir/certs/ca.pem"
      ;;
  esac
}

stop_chain() {
  local pid
  for pid in $front $back; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in $front $back; do
    # A drain may wait for what a failed work left; a chain has no such rights here.
    for _ in $(seq 50); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  front="" back=""
}

# mode tcp, one TLS connection for each tunnel; the certificate is checked as ActorTunnel does.
start_haproxy() {
  local common=$'global\n  nbthread 2\ndefaults\n  mode tcp\n  timeout connect 5s\n  timeout client 10m\n  timeout server 10m\n'
  cat "$dir/certs/server.pem" "$dir/certs/server-key.pem" >"$dir/haproxy.pem"
  take_port; middle=$port
  take_port; entrance=$port
  printf '%slisten middle\n  bind 127.0.0.1:%s ssl crt %s\n  server origin 127.0.0.1:%s\n' "$common" "$middle" "$dir/haproxy.pem" "$origin" >"$dir/haproxy-back.cfg"
  printf '%slisten entrance\n  bind 127.0.0.1:%s\n  server hop 127.0.0.1:%s ssl verify required ca-file %s verifyhost localhost sni str(localhost)\n' \
    "$common" "$entrance" "$middle" "$dir/certs/ca.pem" >"$dir/haproxy-front.cfg"
  start back haproxy -q -f "$dir/haproxy-back.cfg"; back=$started
  start front haproxy -q -f "$dir/haproxy-front.cfg"; front=$started
  await_port "$middle" back
  await_port "$entrance" front
}

# The files of config/ as they are, with more sessions than by default for the idle tunnels. Given are the suffix of the files' names and settings for both nodes.
start_actortunnel() {
  local suffix=$1
  shift
  start back dotnet "$host" run "config/terminate$suffix.conf" --set admin.bind=null --set listeners.connect-in.bind=127.0.0.1:0 \
    --set "upstreams.origin.endpoints=[\"127.0.0.1:$origin\"]" --set upstreams.origin.connect-timeout=5s "${@:1:4}"
  back=$started
  middle=$(await_node back)
  start front dotnet "$host" run "config/encapsulate$suffix.conf" --set admin.bind=null --set listeners.tunnel-in.bind=127.0.0.1:0 \
    --set "upstreams.terminators.endpoints=[\"127.0.0.1:$middle\"]" --set upstreams.terminators.sessions-per-endpoint.max=16 "${@:5}"
  front=$started
  entrance=$(await_node front)
}

await_node() { # Prints the port that a node listens on.
  for _ in $(seq 200); do
    if grep -q '^ready' "$dir/$1.log"; then
      sed -n 's/^listener .* listens on 127\.0\.0\.1:\([0-9]*\)$/\1/p' "$dir/$1.log"
      return
    fi
    sleep 0.1
  done
  echo "$1 did not become ready:" >&2
  tail -n 5 "$dir/$1.log" >&2
  return 1
}
