// Either half of a tunnel over Node's own http2, for the interop stories:
//
//   node node-tunnel.mjs terminator [CERT KEY]            dials the authority of each CONNECT
//   node node-tunnel.mjs encapsulator PORT AUTHORITY [CA]  a CONNECT for each TCP connection
//
// It takes a free port, prints "listening PORT", and a line for each thing that a story may want to know. It ends with its standard input.
import http2 from 'node:http2';
import net from 'node:net';
import { readFileSync } from 'node:fs';

const { NGHTTP2_NO_ERROR, NGHTTP2_CONNECT_ERROR, NGHTTP2_REFUSED_STREAM } = http2.constants;

// close(code) ends the stream's writable side before it resets, and END_STREAM in front of RST_STREAM would tell the peer of a clean end. A stream
// that waits for trailers sends END_STREAM only where it is told that there are none; after close() nobody tells it.
const waitForTrailers = true;

// Joins a TCP connection with a stream until both directions have ended. pipe() carries bytes, backpressure and clean ends; resets are ours.
function join(socket, stream) {
  stream.on('wantTrailers', () => stream.closed || stream.sendTrailers({}));
  socket.on('error', () => stream.close(NGHTTP2_CONNECT_ERROR));
  stream.on('error', () => {}); // 'close' comes after it and has the code.
  stream.on('close', () => {
    if (stream.rstCode !== NGHTTP2_NO_ERROR || !stream.readableEnded) {
      console.log(`reset ${stream.rstCode}`);
      socket.resetAndDestroy();
    }
  });
  socket.pipe(stream);
  stream.pipe(socket);
}

function terminator([cert, key]) {
  const server = cert === undefined
    ? http2.createServer()
    : http2.createSecureServer({ cert: readFileSync(cert), key: readFileSync(key) });
  server.on('sessionError', (error) => console.error(error));
  server.on('stream', (stream, headers) => {
    if (headers[':method'] !== 'CONNECT') {
      stream.respond({ ':status': 405 }, { endStream: true });
      return;
    }

    const target = new URL(`tcp://${headers[':authority']}`);
    const socket = net.connect({ host: target.hostname, port: Number(target.port), allowHalfOpen: true, noDelay: true });
    const abandon = () => socket.destroy();
    const refuse = () => stream.respond({ ':status': 502 }, { endStream: true });
    stream.on('error', () => {});
    stream.on('aborted', abandon);
    socket.on('error', refuse);
    socket.on('connect', () => {
      stream.off('aborted', abandon);
      socket.off('error', refuse);
      stream.respond({ ':status': 200 }, { waitForTrailers });
      join(socket, stream);
    });
  });
  return server;
}

function encapsulator([port, authority, ca]) {
  const session = ca === undefined
    ? http2.connect(`http://127.0.0.1:${port}`)
    : http2.connect(`https://127.0.0.1:${port}`, { ca: readFileSync(ca), servername: 'localhost' });
  session.on('error', (error) => console.error(error));
  session.on('goaway', (code, last) => console.log(`goaway ${code} ${last}`));
  return net.createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (socket) => {
    const stream = session.request({ ':method': 'CONNECT', ':authority': authority }, { endStream: false, waitForTrailers });
    socket.on('error', () => stream.close(NGHTTP2_REFUSED_STREAM));
    stream.on('error', () => {});
    stream.on('response', (headers) => {
      if (headers[':status'] !== 200) {
        console.log(`refused ${headers[':status']} ${headers['proxy-status']}`);
        stream.on('wantTrailers', () => stream.sendTrailers({})).end();
        socket.resetAndDestroy();
        return;
      }

      socket.removeAllListeners('error');
      join(socket, stream);
    });
  });
}

const [role, ...rest] = process.argv.slice(2);
const server = role === 'terminator' ? terminator(rest) : encapsulator(rest);
server.listen(0, '127.0.0.1', 4096, () => console.log(`listening ${server.address().port}`));
process.stdin.on('end', () => process.exit()).resume();
