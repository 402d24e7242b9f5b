"""A client that does not behave: what it does is its first argument. It speaks to the proxy at 127.0.0.1."""

import re
import select
import socket
import ssl
import sys
import threading
import time


def connect(port):
    connection = socket.create_connection(("127.0.0.1", port), timeout=300)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def first_line(connection):
    try:
        return connection.makefile("rb").readline().decode().strip() or "closed"
    except OSError:
        return "reset"


def endless(port, kind):
    """Sends a part of a request that does not end, until it is answered or is a gigabyte, and prints how.

    It slows down, since on a busy machine an answer takes its time.
    """
    start, piece, end = {
        "url": (b"GET http://a.invalid/", b"x" * 65536, b""),
        "method": (b"", b"X" * 65536, b""),
        "field": (b"GET http://a.invalid/ HTTP/1.1\r\nX-Long: ", b"x" * 65536, b""),
        "fields": (b"GET http://a.invalid/ HTTP/1.1\r\n", b"X-Field: 0123456789\r\n" * 3000, b""),
        "connect": (b"CONNECT ", b"x" * 65536, b""),
        "connect-fields": (b"CONNECT a.invalid:443 HTTP/1.1\r\n", b"X-Field: 0123456789\r\n" * 3000, b""),
    }[kind]
    connection = connect(port)
    sent = 0
    connection.sendall(start)
    while sent < 1 << 30 and not select.select([connection], [], [], 0 if sent < 8 << 20 else 0.05)[0]:
        try:
            sent += connection.send(piece)
        except OSError:
            break
    print(first_line(connection))
    print("bounded" if sent < 1 << 30 else "unbounded")


def say(port, text):
    """Sends a text, and prints the first line of the answer."""
    connection = connect(port)
    connection.sendall(text.encode("latin-1").decode("unicode_escape").encode("latin-1"))
    print(first_line(connection))


def talk(port, text):
    """Sends a text, and prints all status lines that come back until the proxy closes."""
    connection = connect(port)
    connection.sendall(text.encode("latin-1").decode("unicode_escape").encode("latin-1"))
    answer = b""
    while piece := connection.recv(1 << 16):
        answer += piece
    print(" ".join(re.findall(r"HTTP/1\.1 (\d\d\d) ", answer.decode("latin-1"))))


def hold(port, plain, secure):
    """Opens connections, leaves each at another point of its life, and waits for the end of the standard input."""
    origin, tunnel = f"http://127.0.0.1:{plain}", f"CONNECT 127.0.0.1:{secure} HTTP/1.1\r\n\r\n"
    end = " HTTP/1.1\r\nHost: a\r\n\r\n"
    texts = [
        "", "CONNECT a", tunnel, tunnel + "\x16\x03\x01", "GET http://a", f"GET {origin}/stall-head{end}",
        f"GET {origin}/stall-body{end}", f"GET {origin}/bytes/100000000{end}",
        f"PUT {origin}/hash HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n\r\nuuu",
    ]
    connections = []
    for text in texts:
        connections.append(connect(port))
        connections[-1].sendall(text.encode())
    connections[7].recv(1)
    print("paused", flush=True)
    sys.stdin.read()


def pause(port, url):
    """Asks for something, reads a byte of it, and waits for the end of the standard input."""
    connection = connect(port)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
    connection.sendall(f"GET {url} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    connection.recv(1)
    print("paused", flush=True)
    sys.stdin.read()


def upload(port, url):
    """Sends 1 GB to somebody who may not read it, until nothing leaves for ten seconds; prints how much has left."""
    connection = connect(port)
    connection.sendall(f"PUT {url} HTTP/1.1\r\nHost: a\r\nContent-Length: {1 << 30}\r\n\r\n".encode())
    connection.setblocking(False)
    sent = 0
    while sent < 1 << 30 and select.select([], [connection], [], 10)[1]:
        sent += connection.send(b"u" * 65536)
    print(sent)


def leave(port, plain, secure, count):
    """Opens connections and leaves each at another point of its life."""
    authority = f"127.0.0.1:{secure}"
    get = f"GET http://127.0.0.1:{plain}/bytes/50000000 HTTP/1.1\r\nHost: a\r\n\r\n".encode()
    put = f"PUT http://127.0.0.1:{plain}/hash HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n\r\n".encode()
    silent = f"GET http://127.0.0.1:{plain}/stall-head HTTP/1.1\r\nHost: a\r\n\r\n".encode()
    stalled = f"GET http://127.0.0.1:{plain}/stall-body HTTP/1.1\r\nHost: a\r\n\r\n".encode()
    tunnel = f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode()

    def secured(connection):
        connection.sendall(tunnel)
        connection.recv(100)
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context.wrap_socket(connection, do_handshake_on_connect=False)

    def within(connection, request, size):
        wrapped = secured(connection)
        wrapped.do_handshake()
        wrapped.sendall(request)
        if size:
            wrapped.recv(size)
        return wrapped

    def handshake(connection):
        connection.sendall(tunnel)
        connection.recv(100)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            context.wrap_bio(incoming, outgoing).do_handshake()
        except ssl.SSLWantReadError:
            connection.sendall(outgoing.read()[:100])

    path = b"GET /bytes/50000000 HTTP/1.1\r\nHost: a\r\n\r\n"
    stages = [
        lambda connection: None,
        lambda connection: connection.sendall(b"CONN"),
        lambda connection: connection.sendall(tunnel[:20]),
        lambda connection: connection.sendall(tunnel),
        lambda connection: (connection.sendall(tunnel), connection.recv(100)),
        handshake,
        lambda connection: connection.sendall(b"GET http://127"),
        lambda connection: connection.sendall(get[:-2]),
        lambda connection: connection.sendall(get),
        lambda connection: (connection.sendall(get), connection.recv(1)),
        lambda connection: (connection.sendall(get), connection.recv(1), connection.recv(100000)),
        lambda connection: connection.sendall(put),
        lambda connection: connection.sendall(put + b"u" * 5000),
        lambda connection: connection.sendall(silent),
        lambda connection: (connection.sendall(stalled), connection.recv(1)),
        lambda connection: within(connection, path[:20], 0),
        lambda connection: within(connection, path, 0),
        lambda connection: within(connection, path, 1),
    ]

    def run(numbers):
        for number in numbers:
            connection = connect(port)
            result = None
            try:
                result = stages[number % len(stages)](connection)
            except OSError:
                pass
            # A TLS socket has taken the descriptor over.
            owner = result if isinstance(result, ssl.SSLSocket) else connection
            if number % 3 == 0 and owner.fileno() >= 0:
                owner.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            owner.close()

    threads = [threading.Thread(target=run, args=(range(start, count, 8),)) for start in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("left")


def main():
    what, port, *rest = sys.argv[1:]
    if what == "endless":
        endless(int(port), rest[0])
    elif what == "say":
        say(int(port), rest[0])
    elif what == "pause":
        pause(int(port), rest[0])
    elif what == "upload":
        upload(int(port), rest[0])
    elif what == "talk":
        talk(int(port), rest[0])
    elif what == "hold":
        hold(int(port), *map(int, rest))
    elif what == "leave":
        leave(int(port), *map(int, rest))


main()
