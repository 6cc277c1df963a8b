# The chains that scripts/bench.sh compares, each as the processes front and back on free ports of 127.0.0.1; bench.sh sources this file.
# Expects $dir (a folder with certs/), $host and $driver (the programs) and $origin (a port).
#   missing_of CHAIN          prints why a chain cannot be started, nothing where it can
#   start_chain CHAIN [LINK]  starts it and waits until it listens; sets entrance (a port), front, back and link (process ids, empty where there is none) and
#                             drive_options. With LINK, options of the driver's relay, that stands between the two, or in front of the origin
#   stop_chain                ends it, where one was started

chains=(direct haproxy-tls nginx-tls actortunnel-h2c actortunnel-tls kestrel-tls node-tls nghttpx-httpd-tls)
apache_modules=/usr/lib/apache2/modules
front="" back="" link=""

PATH=$PATH:/usr/sbin:/sbin # Where Debian has some of them.

needs() { # A program, or a file with a slash in its name, and the Debian package that has it.
  [[ $1 != */* || -e $1 ]] && { [[ $1 == */* ]] || command -v "$1" >/dev/null; } || echo "$1 is not there (Debian package $2)"
}

missing_of() {
  case $1 in
    haproxy-tls) needs haproxy haproxy ;;
    nginx-tls) needs nginx nginx; needs /usr/lib/nginx/modules/ngx_stream_module.so libnginx-mod-stream ;;
    node-tls) needs node nodejs ;;
    nghttpx-httpd-tls)
      needs nghttpx nghttp2-proxy
      needs apache2 apache2-bin
      grep -qs H2ProxyRequests "$apache_modules/mod_http2.so" || echo "mod_http2 of apache2-bin does not know H2ProxyRequests"
      ;;
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
}

say_why() { # What was expected, and the log that says why it is not so.
  echo "$1:" >&2
  tail -n 5 "$dir/$2.log" >&2
  return 1
}

await_port() { # The port, and the name of the log.
  for _ in $(seq 200); do
    if listens "$1"; then return; fi
    sleep 0.1
  done
  say_why "$2 does not listen on 127.0.0.1:$1" "$2"
}

await_line() { # A log, and an expression of sed that prints a port out of a line that tells of it. Prints the port.
  local found
  for _ in $(seq 200); do
    found=$(sed -n "$2" "$dir/$1.log")
    [[ -z $found ]] || { echo "$found"; return; }
    sleep 0.1
  done
  say_why "$1 did not become ready" "$1"
}

start_chain() {
  front="" back="" link="" drive_options=() link_options=${2:-}
  case $1 in
    direct) through_link "$origin"; entrance=$hop ;;
    haproxy-tls) start_haproxy ;;
    nginx-tls) start_nginx ;;
    actortunnel-h2c) start_actortunnel -h2c ;;
    actortunnel-tls)
      start_actortunnel "" \
        --set "listeners.connect-in.tls.cert=$dir/certs/server.pem" --set "listeners.connect-in.tls.key=$dir/certs/server-key.pem" \
        --set "upstreams.terminators.tls.ca=$dir/certs/ca.pem"
      ;;
    kestrel-tls) start_kestrel ;;
    node-tls) start_node_chain ;;
    nghttpx-httpd-tls) start_nghttpx_httpd ;;
  esac
}

stop_chain() {
  local pid
  for pid in $front $link $back; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in $front $link $back; do
    # A drain may wait for what a failed work left; a chain has no such rights here.
    for _ in $(seq 50); do
      kill -0 "$pid" 2>/dev/null || continue 2
      sleep 0.1
    done
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  front="" back="" link=""
}

# Sets hop to the port that the front has to dial to reach the given one.
through_link() {
  hop=$1
  [[ -n $link_options ]] || return 0
  take_port; hop=$port
  # shellcheck disable=SC2086 # Several options.
  start link env DOTNET_TieredCompilation=0 dotnet "$driver" link --listen "127.0.0.1:$hop" --to "127.0.0.1:$1" $link_options; link=$started
  await_port "$hop" link
}

# mode tcp, one TLS connection for each tunnel; the certificate is checked as ActorTunnel does.
start_haproxy() {
  local middle common=$'global\n  nbthread 2\ndefaults\n  mode tcp\n  timeout connect 5s\n  timeout client 10m\n  timeout server 10m\n'
  take_port; middle=$port
  take_port; entrance=$port
  cat "$dir/certs/server.pem" "$dir/certs/server-key.pem" >"$dir/haproxy.pem"
  printf '%slisten middle\n  bind 127.0.0.1:%s ssl crt %s\n  server origin 127.0.0.1:%s\n' "$common" "$middle" "$dir/haproxy.pem" "$origin" >"$dir/haproxy-back.cfg"
  start back haproxy -q -f "$dir/haproxy-back.cfg"; back=$started
  await_port "$middle" back
  through_link "$middle"
  printf '%slisten entrance\n  bind 127.0.0.1:%s\n  server hop 127.0.0.1:%s ssl verify required ca-file %s verifyhost localhost sni str(localhost)\n' \
    "$common" "$entrance" "$hop" "$dir/certs/ca.pem" >"$dir/haproxy-front.cfg"
  start front haproxy -q -f "$dir/haproxy-front.cfg"; front=$started
  await_port "$entrance" front
}

start_nginx() {
  local middle
  take_port; middle=$port
  take_port; entrance=$port
  nginx_half back "listen 127.0.0.1:$middle ssl; ssl_certificate $dir/certs/server.pem; ssl_certificate_key $dir/certs/server-key.pem; proxy_pass 127.0.0.1:$origin;"
  back=$started
  await_port "$middle" back
  through_link "$middle"
  nginx_half front "listen 127.0.0.1:$entrance; proxy_pass 127.0.0.1:$hop; proxy_ssl on; proxy_ssl_verify on; proxy_ssl_trusted_certificate $dir/certs/ca.pem;
    proxy_ssl_name localhost; proxy_ssl_server_name on;"
  front=$started
  await_port "$entrance" front
}

nginx_half() { # Which half, and what its server holds. Sets started.
  mkdir -p "$dir/nginx-$1"
  cat >"$dir/nginx-$1.conf" <<END
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off;
worker_processes 2;
pid $dir/nginx-$1/pid;
error_log stderr;
events { worker_connections 30000; }
stream { server { $2 ssl_protocols TLSv1.3; proxy_ssl_protocols TLSv1.3; proxy_timeout 10m; } }
END
  start "$1" nginx -p "$dir/nginx-$1" -e stderr -c "$dir/nginx-$1.conf"
}

# The files of config/ as they are, with more sessions than by default for the idle tunnels. Given are the suffix of the files' names, two settings for the
# terminator, and one for the encapsulator.
start_actortunnel() {
  local middle suffix=$1 listens='s/^listener .* listens on 127\.0\.0\.1:\([0-9]*\)$/\1/p'
  shift
  start back dotnet "$host" run "config/terminate$suffix.conf" --set admin.bind=null --set listeners.connect-in.bind=127.0.0.1:0 \
    --set "upstreams.origin.endpoints=[\"127.0.0.1:$origin\"]" --set upstreams.origin.connect-timeout=5s "${@:1:4}"
  back=$started
  middle=$(await_line back "$listens")
  through_link "$middle"
  start front dotnet "$host" run "config/encapsulate$suffix.conf" --set admin.bind=null --set listeners.tunnel-in.bind=127.0.0.1:0 \
    --set "upstreams.terminators.endpoints=[\"127.0.0.1:$hop\"]" --set upstreams.terminators.sessions-per-endpoint.max=16 "${@:5}"
  front=$started
  entrance=$(await_line front "$listens")
}

start_kestrel() {
  local middle
  take_port; middle=$port
  take_port; entrance=$port
  start back dotnet "$driver" kestrel-chain back --listen "127.0.0.1:$middle" --origin "127.0.0.1:$origin" --cert "$dir/certs/server.pem" --key "$dir/certs/server-key.pem"
  back=$started
  await_port "$middle" back
  through_link "$middle"
  start front dotnet "$driver" kestrel-chain front --listen "127.0.0.1:$entrance" --to "127.0.0.1:$hop" --ca "$dir/certs/ca.pem"; front=$started
  await_port "$entrance" front
}

# The halves that the tests of other implementations use; they end with their standard input, so it is held open.
start_node_chain() {
  local middle program=tests/ActorTunnel.Scenarios/Interop/Programs/node-tunnel.mjs listens='s/^listening //p'
  [[ -p $dir/held ]] || mkfifo "$dir/held"
  node "$program" terminator "$dir/certs/server.pem" "$dir/certs/server-key.pem" >"$dir/back.log" 2>&1 <>"$dir/held" &
  back=$!
  middle=$(await_line back "$listens")
  through_link "$middle"
  node "$program" encapsulator "$hop" "127.0.0.1:$origin" "$dir/certs/ca.pem" >"$dir/front.log" 2>&1 <>"$dir/held" &
  front=$!
  entrance=$(await_line front "$listens")
}

# nghttpx takes HTTP/1.1 CONNECTs and says them over HTTP/2 to httpd, neither passes a half-close on. httpd works on six requests
# of a session at once, fewer where tunnels were broken off, as ends look to it here; what nghttpx sends beyond that waits until another tunnel ends.
start_nghttpx_httpd() {
  local middle
  take_port; middle=$port
  take_port; entrance=$port
  mkdir -p "$dir/httpd"
  cat >"$dir/httpd.conf" <<END
ServerRoot $dir/httpd
DefaultRuntimeDir $dir/httpd
PidFile $dir/httpd/pid
ErrorLog /dev/stderr
LogLevel error
ServerName localhost
Listen 127.0.0.1:$middle
User #65534
Group #65534
LoadModule mpm_event_module $apache_modules/mod_mpm_event.so
LoadModule authz_core_module $apache_modules/mod_authz_core.so
LoadModule http2_module $apache_modules/mod_http2.so
LoadModule proxy_module $apache_modules/mod_proxy.so
LoadModule proxy_connect_module $apache_modules/mod_proxy_connect.so
LoadModule ssl_module $apache_modules/mod_ssl.so
StartServers 2
Timeout 600
KeepAliveTimeout 600
MaxKeepAliveRequests 0
ServerLimit 2
ThreadsPerChild 64
MaxRequestWorkers 128
ProxyRequests On
H2ProxyRequests On
AllowCONNECT $origin
H2MinWorkers 64
H2MaxWorkers 512
Protocols h2
SSLEngine on
SSLCertificateFile $dir/certs/server.pem
SSLCertificateKeyFile $dir/certs/server-key.pem
END
  start back apache2 -DFOREGROUND -f "$dir/httpd.conf"; back=$started
  await_port "$middle" back
  through_link "$middle"
  start front nghttpx --conf=/dev/null --http2-proxy --single-process --workers=2 --errorlog-file="$dir/nghttpx.log" --accesslog-file=/dev/null \
    "--frontend=127.0.0.1,$entrance;no-tls" "--backend=127.0.0.1,$hop;;proto=h2;tls;sni=localhost" --backend-connections-per-host=1000 "--cacert=$dir/certs/ca.pem"
  front=$started
  await_port "$entrance" front
  drive_options=(
    --connect "127.0.0.1:$origin" --no-half-close --most-tunnels 4
    --skip "opens=nghttpx resets the stream of a client that ends, and the nghttp2 in httpd cuts a session with a thousand resets"
  )
}
