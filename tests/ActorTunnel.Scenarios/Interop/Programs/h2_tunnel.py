"""Either half of a tunnel over hyper-h2, for the interop stories.

    python3 h2_tunnel.py terminator [CERT KEY]             dials the authority of each CONNECT
    python3 h2_tunnel.py encapsulator PORT AUTHORITY [CA]  a CONNECT for each TCP connection

It takes a free port, prints "listening PORT", and a line for each thing that a story may want to know. It ends with its standard input.
"""

import asyncio
import os
import socket
import ssl
import struct
import sys
import threading

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.exceptions import ProtocolError, StreamClosedError
from h2 import events

BLOCK = 64 * 1024
END = object()


def tell(line):
    print(line, flush=True)


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


class Tunnel:
    """One stream, and the TCP connection beside it."""

    def __init__(self, session, stream_id):
        self.session = session
        self.stream_id = stream_id
        self.inbox = asyncio.Queue()
        self.window = asyncio.Event()
        self.answer = asyncio.get_running_loop().create_future()
        self.running = None

    def run(self, work):
        self.running = asyncio.create_task(work)

    async def join(self, sock):
        """Carries both directions until each has ended on its own, or one of them was reset."""
        directions = [asyncio.create_task(self.to_socket(sock)), asyncio.create_task(self.from_socket(sock))]
        try:
            await asyncio.gather(*directions)
            sock.close()
        except (ConnectionError, StreamClosedError):
            self.session.reset_stream(self.stream_id, ErrorCodes.CONNECT_ERROR)
            reset(sock)
        except asyncio.CancelledError:  # The stream was reset, or the session is over.
            reset(sock)
        finally:
            for direction in directions:
                direction.cancel()
            self.session.forget(self)

    async def to_socket(self, sock):
        loop = asyncio.get_running_loop()
        while (item := await self.inbox.get()) is not END:
            data, credit = item
            await loop.sock_sendall(sock, data)
            self.session.repay(self.stream_id, credit)
        sock.shutdown(socket.SHUT_WR)

    async def from_socket(self, sock):
        loop = asyncio.get_running_loop()
        while data := memoryview(await loop.sock_recv(sock, BLOCK)):
            while data:
                data = data[await self.session.send(self, data):]
        self.session.end(self.stream_id)


class Session:
    """One HTTP/2 connection. All of it runs on one thread."""

    def __init__(self, reader, writer, client, on_request=None):
        self.reader = reader
        self.writer = writer
        self.on_request = on_request
        self.tunnels = {}
        # hyper-h2 4.1 wants :scheme and :path in every request, which RFC 9113 section 8.5 forbids in a CONNECT.
        self.h2 = H2Connection(H2Configuration(
            client_side=client, header_encoding="utf-8", validate_inbound_headers=False, validate_outbound_headers=False))
        self.h2.initiate_connection()
        self.flush()

    def flush(self):
        self.writer.write(self.h2.data_to_send())

    def open(self, authority):
        stream_id = self.h2.get_next_available_stream_id()
        tunnel = self.tunnels[stream_id] = Tunnel(self, stream_id)
        self.h2.send_headers(stream_id, [(":method", "CONNECT"), (":authority", authority)])
        self.flush()
        return tunnel

    def respond(self, stream_id, status, end_stream=False):
        self.h2.send_headers(stream_id, [(":status", str(status))], end_stream=end_stream)
        self.flush()

    async def send(self, tunnel, data):
        """Sends as much as the windows and the frame size allow, one byte at least; returns how much."""
        while (room := self.h2.local_flow_control_window(tunnel.stream_id)) <= 0:
            tunnel.window.clear()
            await tunnel.window.wait()
        count = min(room, self.h2.max_outbound_frame_size, len(data))
        self.h2.send_data(tunnel.stream_id, bytes(data[:count]))
        self.flush()
        await self.writer.drain()
        return count

    def end(self, stream_id):
        self.h2.end_stream(stream_id)
        self.flush()

    def repay(self, stream_id, count):
        if count > 0:
            self.h2.acknowledge_received_data(count, stream_id)
            self.flush()

    def reset_stream(self, stream_id, code):
        try:
            self.h2.reset_stream(stream_id, code)
        except StreamClosedError:
            return  # Both ends or the peer's reset came first.
        self.flush()

    def forget(self, tunnel):
        self.tunnels.pop(tunnel.stream_id, None)

    async def read(self):
        try:
            while data := await self.reader.read(BLOCK):
                for event in self.h2.receive_data(data):
                    self.handle(event)
                self.flush()
        except (ConnectionError, ProtocolError) as error:  # The tunnels learn of it below, as of any other end.
            tell(f"session over: {error!r}")
        for tunnel in list(self.tunnels.values()):
            tunnel.running.cancel()
        self.writer.close()

    def handle(self, event):
        if isinstance(event, (events.WindowUpdated, events.RemoteSettingsChanged)):
            for tunnel in self.tunnels.values():
                tunnel.window.set()
            return
        if isinstance(event, events.RequestReceived):
            tunnel = self.tunnels[event.stream_id] = Tunnel(self, event.stream_id)
            tunnel.run(self.on_request(self, tunnel, dict(event.headers)))
            return
        tunnel = self.tunnels.get(getattr(event, "stream_id", None))
        if tunnel is None:
            return  # Of the session as a whole, or of a tunnel that is over.
        if isinstance(event, events.DataReceived):
            tunnel.inbox.put_nowait((event.data, event.flow_controlled_length))
        elif isinstance(event, events.ResponseReceived):
            tunnel.answer.set_result(dict(event.headers))
        elif isinstance(event, events.StreamEnded):
            tunnel.inbox.put_nowait(END)
        elif isinstance(event, events.StreamReset):
            tell(f"reset {int(event.error_code)}")
            tunnel.running.cancel()


async def terminate(session, tunnel, headers):
    host, port = headers[":authority"].rsplit(":", 1)
    sock = tcp_socket()
    try:
        await asyncio.get_running_loop().sock_connect(sock, (host, int(port)))
    except OSError:
        sock.close()
        session.respond(tunnel.stream_id, 502, end_stream=True)
        session.forget(tunnel)
        return
    session.respond(tunnel.stream_id, 200)
    await tunnel.join(sock)


async def encapsulate(tunnel, sock):
    headers = await tunnel.answer
    if headers[":status"] != "200":
        tell(f"refused {headers[':status']} {headers.get('proxy-status')}")
        tunnel.session.end(tunnel.stream_id)
        tunnel.session.forget(tunnel)
        reset(sock)
        return
    await tunnel.join(sock)


def tcp_socket():
    sock = socket.socket()
    sock.setblocking(False)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


async def run_terminator(cert=None, key=None):
    tls = None
    if cert is not None:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(cert, key)
        tls.set_alpn_protocols(["h2"])

    async def serve(reader, writer):
        await Session(reader, writer, client=False, on_request=terminate).read()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    tell(f"listening {server.sockets[0].getsockname()[1]}")
    await server.serve_forever()


async def run_encapsulator(port, authority, ca=None):
    tls = None
    if ca is not None:
        tls = ssl.create_default_context(cafile=ca)
        tls.set_alpn_protocols(["h2"])
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", int(port), ssl=tls, server_hostname="localhost" if tls else None)
    session = Session(reader, writer, client=True)
    reading = asyncio.create_task(session.read())
    listener = tcp_socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(4096)
    tell(f"listening {listener.getsockname()[1]}")
    while not reading.done():
        sock, _ = await asyncio.get_running_loop().sock_accept(listener)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        tunnel = session.open(authority)
        tunnel.run(encapsulate(tunnel, sock))


def end_with_standard_input():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_standard_input, daemon=True).start()
role, *rest = sys.argv[1:]
asyncio.run(run_terminator(*rest) if role == "terminator" else run_encapsulator(*rest))
