# A mesh as processes, for the scripts that check at full size; they source this file behind pair.bash: one seed, terminators, and one encapsulator, with TLS between
# all of them, on free ports but for the mesh's own, which are 5601 and on.

declare -A node_pid node_mesh node_admin
mesh_port=5600 # Of the last node; it keeps it for all lives of its mesh.

# Starts a node: its name, its configuration, and further arguments of run. Waits until it is ready.
start_node() {
  local name=$1 file=$2
  shift 2
  mesh_port=$((mesh_port + 1))
  rm -f "$dir/$name.log" # That of a life before would say at once that it is ready.
  dotnet "$host" run "$file" --set "node.name=$name" --set admin.bind=127.0.0.1:0 \
    --set "mesh.bind=127.0.0.1:$mesh_port" --set "mesh.tls.ca=$dir/certs/ca.pem" --set "mesh.tls.cert=$dir/certs/node.pem" --set "mesh.tls.key=$dir/certs/node-key.pem" \
    "$@" >"$dir/$name.log" 2>&1 &
  node_pid[$name]=$!
  pids+=("$!")
  for _ in $(seq 300); do
    if grep -qs '^ready' "$dir/$name.log"; then break; fi
    sleep 0.1
  done
  node_mesh[$name]=$(sed -n 's/^mesh listens on //p' "$dir/$name.log")
  node_admin[$name]=$(sed -n 's|^admin listens on http://||p' "$dir/$name.log")
  [[ -n ${node_mesh[$name]} ]] || { echo "$name did not become ready:" >&2; cat "$dir/$name.log" >&2; return 1; }
}

start_worker() {
  local name=$1
  shift
  start_node "$name" config/worker.conf --set "mesh.seeds=[\"${node_mesh[seed]}\"]" --set listeners.connect-in.bind=127.0.0.1:0 \
    --set "listeners.connect-in.tls.cert=$dir/certs/server.pem" --set "listeners.connect-in.tls.key=$dir/certs/server-key.pem" \
    --set "upstreams.origin.endpoints=[\"127.0.0.1:$origin\"]" "$@"
}

start_edge() {
  local name=$1
  shift
  start_node "$name" config/edge.conf --set "mesh.seeds=[\"${node_mesh[seed]}\"]" --set listeners.tunnel-in.bind=127.0.0.1:0 \
    --set "upstreams.terminators.tls.ca=$dir/certs/ca.pem" "$@"
  entrance=$(sed -n 's/^listener tunnel-in listens on 127\.0\.0\.1:\([0-9]*\)$/\1/p' "$dir/$name.log")
}

# A seed, so many workers (worker-1 and so on) and an edge; the rest goes to every worker. Sets entrance.
start_mesh() {
  local count=$1
  shift
  start_node seed config/seed.conf --set mesh.seeds=[]
  for i in $(seq "$count"); do start_worker "worker-$i" "$@"; done
  start_edge edge
  up_at edge $((count + 2)) 60
}

# How many members a node sees Up and heard.
members_of() {
  curl -sf "http://${node_admin[$1]}/nodes" | tr -d ' \n' | grep -o '"state":"up","is-reachable":true' | wc -l || true
}

# Waits until a node sees exactly so many members Up, for so many seconds at most; prints how long it took.
up_at() {
  local name=$1 count=$2 limit=$3 began=$SECONDS seen=
  while [[ $((SECONDS - began)) -le $limit ]]; do
    seen=$(members_of "$name")
    if [[ $seen -eq $count ]]; then
      echo "$name sees $count members after $((SECONDS - began)) s"
      return
    fi
    sleep 0.2
  done
  echo "$name sees $seen members up instead of $count after $limit s" >&2
  return 1
}

# A number of a node's metrics.
metric_of() {
  curl -sf "http://${node_admin[$1]}/metrics" | awk -v name="$2" '$1 ~ "^" name "({|$)" { sum += $2 } END { printf "%d\n", sum }'
}

# SIGTERM, and its exit status.
stop_node() {
  kill -TERM "${node_pid[$1]}" && wait "${node_pid[$1]}"
}

stop_mesh() {
  local name status=0
  for name in "${!node_pid[@]}"; do kill -TERM "${node_pid[$name]}" 2>/dev/null || true; done
  for name in "${!node_pid[@]}"; do wait "${node_pid[$name]}" || { echo "$name ended with $?"; status=1; }; done
  node_pid=() node_mesh=() node_admin=()
  return "$status"
}

# Starts the drive in the background and waits until it runs; sets drive.
start_arrivals() {
  dotnet "$driver" arrivals --target "127.0.0.1:$entrance" --origin "127.0.0.1:$origin" "$@" >"$dir/arrivals.log" 2>&1 &
  drive=$!
  pids+=("$drive")
  for _ in $(seq 600); do
    if grep -q '^running' "$dir/arrivals.log" || ! kill -0 "$drive" 2>/dev/null; then return; fi
    sleep 0.1
  done
}

end_arrivals() {
  local verdict=0
  wait "$drive" || verdict=1
  grep -v ' begun, ' "$dir/arrivals.log"
  return "$verdict"
}
