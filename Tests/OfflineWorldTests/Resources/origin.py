"""An origin server for tests, on raw sockets: its paths choose what it does well, and what it does wrong.

It prints `port N`, serves until its standard input ends or its parent is gone, and never touches the network beyond the
loopback. With --root it also serves files, and git repositories below /git/ by git-http-backend.
"""

import argparse
import gzip
import hashlib
import itertools
import json
import mimetypes
import os
import random
import signal
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
import urllib.parse

BLOCK = bytes(range(256)) * 256
LAST_MODIFIED = "Tue, 03 Nov 2026 10:00:00 GMT"
ENDLESS_LIMIT = 1 << 30

settings = None
counts = {}
counts_lock = threading.Lock()
holding = threading.Event()
holding.set()


def count(name, by=1):
    with counts_lock:
        counts[name] = counts.get(name, 0) + by


def content(start, end):
    """The bytes of every /bytes/ path from start to end, in blocks."""
    while start < end:
        offset = start % len(BLOCK)
        piece = BLOCK[offset:offset + min(end - start, len(BLOCK) - offset)]
        yield piece
        start += len(piece)


class Client:
    """One connection: reads requests, and sends what it is told to."""

    def __init__(self, connection):
        self.connection = connection
        self.input = connection.makefile("rb")
        self.served = 0
        self.keeps_open = True
        self.says_farewell = True

    def read_request(self):
        if self.input.peek(1)[:1] == b"\x16":
            self.raw(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return False
        line = self.input.readline(1 << 20)
        if not line.strip():
            return False
        words = line.decode("latin-1").split()
        self.method, target = words[0], words[1]
        if "://" in target and not target.startswith("/"):
            target = "/" + target.split("://", 1)[1].partition("/")[2]
        self.path, _, self.query = target.partition("?")
        self.headers = {}
        while (line := self.input.readline(1 << 20).decode("latin-1").strip("\r\n")):
            name, _, value = line.partition(":")
            self.headers[name.lower()] = value.strip()
        count(f"{self.method} {self.path}")
        return True

    def body(self):
        """The body of the request, in pieces."""
        if "chunked" in self.headers.get("transfer-encoding", ""):
            while (size := int(self.input.readline().split(b";")[0], 16)) > 0:
                yield self.input.read(size)
                self.input.readline()
            while self.input.readline().strip():
                pass
            return
        rest = int(self.headers.get("content-length", 0))
        while rest > 0:
            piece = self.input.read(min(rest, 1 << 16))
            if not piece:
                raise ConnectionError("the request ended early")
            rest -= len(piece)
            yield piece

    def raw(self, data):
        self.connection.sendall(data)

    def head(self, status, headers=(), version="1.1"):
        lines = [f"HTTP/{version} {status}"] + [f"{name}: {value}" for name, value in headers]
        self.raw(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))

    def answer(self, status, body=b"", headers=()):
        """A whole answer."""
        self.head(status, [("Content-Length", len(body)), *headers])
        if self.method != "HEAD":
            self.raw(body)

    def pour(self, name, pieces):
        """Sends until the other side closes, and counts the bytes."""
        self.keeps_open = False
        sent = 0
        for piece in pieces:
            try:
                self.raw(piece)
            except OSError:
                break
            sent += len(piece)
            with counts_lock:
                counts[name] = sent
            if sent >= ENDLESS_LIMIT:
                break
        count(f"{name} closed")

    def wait_for_the_end(self, name):
        """Says nothing until the other side closes."""
        self.keeps_open = False
        while self.connection.recv(1 << 16):
            pass
        count(f"{name} closed")

    def hang_up(self):
        self.keeps_open = False


# What a good server does.

def serve_bytes(client, size):
    etag = f'"bytes-{size}"'
    headers = [("Content-Type", "application/octet-stream"), ("ETag", etag), ("Last-Modified", LAST_MODIFIED),
               ("Accept-Ranges", "bytes")]
    if client.headers.get("if-none-match") == etag:
        return client.head("304 Not Modified", headers[1:])
    start, end, status = 0, size, "200 OK"
    asked = client.headers.get("range", "")
    if asked.startswith("bytes=") and client.headers.get("if-range", etag) == etag:
        first, _, last = asked[6:].partition("-")
        start = int(first) if first else size - int(last)
        end = min(int(last) + 1, size) if first and last else size
        if start >= size:
            return client.answer("416 Range Not Satisfiable", b"", [("Content-Range", f"bytes */{size}")])
        status = "206 Partial Content"
        headers.append(("Content-Range", f"bytes {start}-{end - 1}/{size}"))
    client.head(status, [("Content-Length", end - start), *headers])
    if client.method != "HEAD":
        for piece in content(start, end):
            client.raw(piece)
            count("body bytes", len(piece))


def serve_chunked(client, size):
    client.head("200 OK", [("Transfer-Encoding", "chunked"), ("Trailer", "X-Sum"), ("X-Made", "in chunks")])
    for piece in content(0, size):
        client.raw(b"%x;note=\"a b\"\r\n%b\r\n" % (len(piece), piece))
    client.raw(b"0\r\nX-Sum: of all\r\n\r\n")


def serve_gzip(client):
    text, headers = b"plain or squeezed, the same words\n" * 100, [("Vary", "Accept-Encoding")]
    if "gzip" in client.headers.get("accept-encoding", ""):
        text = gzip.compress(text, mtime=0)
        headers.append(("Content-Encoding", "gzip"))
    client.answer("200 OK", text, headers)


def serve_accept(client):
    kind = "application/json" if "json" in client.headers.get("accept", "") else "text/html"
    client.answer("200 OK", f"as {kind}".encode(), [("Content-Type", kind), ("Vary", "Accept")])


def serve_hash(client):
    digest, length = hashlib.sha256(), 0
    for piece in client.body():
        digest.update(piece)
        length += len(piece)
    client.answer("200 OK", f"{client.method} {length} {digest.hexdigest()}\n".encode())


def serve_login(client):
    if "authorization" not in client.headers:
        return client.answer("401 Unauthorized", b"who is it?", [("WWW-Authenticate", 'Basic realm="x"')])
    return client.answer("200 OK", b"come in")


def serve_cookie(client):
    value = urllib.parse.parse_qs(client.query)["value"][0]
    client.answer("200 OK", b"a biscuit", [("Set-Cookie", f"session={value}; HttpOnly"), ("X-Auth-Token", value)])


def serve_token(client):
    value = urllib.parse.parse_qs(client.query)["value"][0]
    client.answer("200 OK", json.dumps({"token": value, "expires_in": 60}).encode(),
                  [("Content-Type", "application/json")])


def serve_redirect(client, status):
    to = urllib.parse.parse_qs(client.query)["to"][0]
    for _ in client.body():
        pass
    client.answer(f"{status} Elsewhere", b"over there\n", [("Location", to)])


def serve_early_refusal(client):
    client.answer("413 Content Too Large", b"too much for me", [("Connection", "close")])
    client.hang_up()
    client.connection.shutdown(socket.SHUT_WR)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and (piece := client.connection.recv(1 << 16)):
        count("refused bytes", len(piece))


def serve_patient(client):
    """Sends its body only when the whole request is there, which began before a 100."""
    if client.headers.get("expect") == "100-continue":
        client.head("100 Continue")
    serve_hash(client)


def serve_informative(client):
    for status in ("100 Continue", "102 Processing", "103 Early Hints"):
        client.head(status, [("Link", "</style.css>")] if status.startswith("103") else [])
    client.answer("200 OK", b"at last")


def serve_old(client):
    client.head("200 OK", [("Content-Type", "text/plain")], version="1.0")
    client.raw(b"until the end of the connection")
    client.hang_up()


def serve_forgetful(client):
    """Answers once; what comes on the same connection afterwards it only closes."""
    if client.served > 1:
        count("forgotten")
        return client.hang_up()
    body = b"".join(client.body())
    return client.answer("200 OK", b"once " + body)


def serve_slow(client):
    client.head("200 OK", [("Content-Length", 100)])
    for _ in range(100):
        client.raw(b"z")
        time.sleep(0.05)


def serve_unread(client):
    """Reads nothing of the request's body until the other side is tired of it."""
    client.keeps_open = False
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline and holding.is_set():
        time.sleep(0.1)


def serve_precondition(client):
    if "if-match" in client.headers:
        return client.answer("412 Precondition Failed", b"it is not so")
    return client.answer("200 OK", b"it is so")


def serve_echo(client):
    """What arrived of the request's head."""
    client.answer("200 OK", json.dumps(client.headers, sort_keys=True).encode())


# What a bad one does.

def serve_two_lengths(client):
    client.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde")
    client.hang_up()


def lie(text, then_closes=True):
    def serve(client):
        client.says_farewell = False
        client.raw(text)
        if then_closes:
            client.hang_up()
    return serve


SAMPLES = [
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 26\r\n\r\nabcdefghijklmnopqrstuvwxyz",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-A\r\n\r\n5;a=b\r\nabcde\r\n3\r\nfgh\r\n0\r\nX-A: b\r\n\r\n",
    b"HTTP/1.0 200 OK\r\nETag: \"x\"\r\n\r\nuntil the end",
    b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno",
]
PIECES = [b"\r\n", b"\n", b"\r", b"\0", b":", b" ", b"\xff", b"0", b"chunked", b"HTTP/1.1 ", b"-1", b";", b"\r\n\r\n", b"9" * 30]


def serve_mutated(client):
    """An answer with some bytes changed, by the number in the query."""
    chance = random.Random(int(client.query))
    data = bytearray(chance.choice(SAMPLES))
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(data) + 1)
        length = chance.choice([0, 0, 1, 1, 2, 8])
        data[place:place + length] = chance.choice([b"", chance.choice(PIECES), bytes(data[:chance.randrange(40)])])
    client.says_farewell = False
    for start in range(0, len(data), 17):
        client.raw(data[start:start + 17])
    client.hang_up()


def serve_reset(client, text=b""):
    client.raw(text)
    client.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.hang_up()


BLAST = b"x" * (1 << 16)
STATUS_200 = b"HTTP/1.1 200 OK\r\n"

PLACES = {
    "/gzip": serve_gzip,
    "/accept": serve_accept,
    "/hash": serve_hash,
    "/patient": serve_patient,
    "/login": serve_login,
    "/cookie": serve_cookie,
    "/token": serve_token,
    "/early-refusal": serve_early_refusal,
    "/informative": serve_informative,
    "/old": serve_old,
    "/forgetful": serve_forgetful,
    "/slow": serve_slow,
    "/echo": serve_echo,
    "/empty": lambda client: client.answer("200 OK"),
    "/no-content": lambda client: client.head("204 No Content"),
    "/missing": lambda client: client.answer("404 Not Found", b"no such thing"),
    "/broken": lambda client: client.answer("503 Service Unavailable", b"not now"),
    "/later": lambda client: client.answer("429 Too Many Requests", b"not now"),
    "/timeout": lambda client: client.answer("408 Request Timeout", b"not now"),
    "/unread": serve_unread,
    "/release": lambda client: (holding.clear(), client.answer("200 OK")),
    "/precondition": serve_precondition,
    "/counter": lambda client: client.answer("200 OK", str(next(numbers)).encode()),
    # Lengths that are none.
    "/short": lie(STATUS_200 + b"Content-Length: 100\r\n\r\nonly this"),
    "/excess": lie(STATUS_200 + b"Content-Length: 5\r\n\r\nfirst, and more than was said", then_closes=False),
    "/smuggled": lie(STATUS_200 + b"Content-Length: 5\r\n\r\nfirst" + STATUS_200 + b"Content-Length: 4\r\n\r\nevil",
                     then_closes=False),
    "/two-lengths": serve_two_lengths,
    "/negative-length": lie(STATUS_200 + b"Content-Length: -1\r\n\r\nabc"),
    "/huge-length": lie(STATUS_200 + b"Content-Length: 99999999999999999999999\r\n\r\nabc"),
    "/length-and-chunks": lie(STATUS_200 + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n"),
    "/old-cut": lie(b"HTTP/1.0 200 OK\r\n\r\nwho knows whether this is all"),
    "/cut-chunk": lie(STATUS_200 + b"Transfer-Encoding: chunked\r\n\r\n64\r\nonly this"),
    "/no-last-chunk": lie(STATUS_200 + b"Transfer-Encoding: chunked\r\n\r\n4\r\nonly\r\n"),
    "/bad-chunk": lie(STATUS_200 + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n"),
    "/empty-trailer": lie(STATUS_200 + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Nothing:\r\n\r\n"),
    # No HTTP.
    "/mutated": serve_mutated,
    "/garbage": lie(b"\x00\xff this is not what you want\r\n\r\n"),
    "/half-head": lie(STATUS_200 + b"Content-Le"),
    "/nothing": lie(b""),
    "/reset": serve_reset,
    "/reset-body": lambda client: serve_reset(client, STATUS_200 + b"Content-Length: 100\r\n\r\nonly this"),
    "/other-version": lie(b"HTTP/7.3 200 OK\r\nContent-Length: 1\r\n\r\na"),
    "/switching": lie(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nabc"),
    # No end.
    "/endless-field": lambda client: client.pour(
        "endless-field", itertools.chain([STATUS_200 + b"X-Long: "], itertools.repeat(BLAST))),
    "/endless-fields": lambda client: client.pour(
        "endless-fields", itertools.chain([STATUS_200], (b"X-%d: %s\r\n" % (i, b"y" * 4000) for i in itertools.count()))),
    "/endless-status": lambda client: client.pour(
        "endless-status", itertools.chain([b"HTTP/1.1 200 "], itertools.repeat(BLAST))),
    "/endless-hints": lambda client: client.pour(
        "endless-hints", itertools.repeat(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 1000)),
    "/endless-blanks": lambda client: client.pour("endless-blanks", itertools.repeat(b"\r\n" * 32768)),
    "/endless-extension": lambda client: client.pour(
        "endless-extension",
        itertools.chain([STATUS_200 + b"Transfer-Encoding: chunked\r\n\r\n5;"], itertools.repeat(BLAST))),
    "/endless-trailers": lambda client: client.pour(
        "endless-trailers",
        itertools.chain([STATUS_200 + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"],
                        (b"X-%d: %s\r\n" % (i, b"y" * 4000) for i in itertools.count()))),
    "/stall-head": lambda client: client.wait_for_the_end("stall-head"),
    "/stall-body": lambda client: (client.raw(STATUS_200 + b"Content-Length: 100\r\n\r\nonly this"),
                                   client.wait_for_the_end("stall-body")),
}
numbers = itertools.count(1)


# Files and repositories.

def serve_file(client):
    path = os.path.normpath(os.path.join(settings.root, urllib.parse.unquote(client.path).lstrip("/")))
    if os.path.isdir(path):
        path = os.path.join(path, "index.html")
    if not path.startswith(settings.root) or not os.path.isfile(path):
        return client.answer("404 Not Found", b"no such file")
    with open(path, "rb") as file:
        data = file.read()
    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
    return client.answer("200 OK", data, [("Content-Type", kind), ("ETag", f'"{hashlib.sha256(data).hexdigest()[:16]}"')])


def serve_git(client):
    body = b"".join(client.body())
    if client.headers.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    environment = {
        "PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": os.path.join(settings.root, "git"), "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": urllib.parse.unquote(client.path)[len("/git"):], "QUERY_STRING": client.query,
        "REQUEST_METHOD": client.method, "CONTENT_TYPE": client.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(body)), "GIT_PROTOCOL": client.headers.get("git-protocol", ""),
        "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*",
    }
    output = subprocess.run(["git", "http-backend"], input=body, env=environment, stdout=subprocess.PIPE, check=True).stdout
    head, _, rest = output.partition(b"\r\n\r\n")
    fields = [tuple(line.split(": ", 1)) for line in head.decode().split("\r\n")]
    status = next((value for name, value in fields if name == "Status"), "200 OK")
    client.answer(status, rest, [field for field in fields if field[0] not in ("Status", "Content-Length")])


def serve(client):
    parts = client.path.strip("/").split("/")
    if client.path == "/counts":
        with counts_lock:
            text = json.dumps(counts)
        client.answer("200 OK", text.encode())
    elif parts[0] == "bytes":
        serve_bytes(client, int(parts[1]))
    elif parts[0] == "chunked":
        serve_chunked(client, int(parts[1]))
    elif parts[0] == "redirect":
        serve_redirect(client, int(parts[1]))
    elif client.path in PLACES:
        PLACES[client.path](client)
    elif settings.root and parts[0] == "git":
        serve_git(client)
    elif settings.root:
        serve_file(client)
    else:
        client.answer("404 Not Found", b"no such place")


def relay(connection, port):
    """Passes on what comes, either way, as the front of a proxy that is to be spoken to by TLS."""
    behind = socket.create_connection(("127.0.0.1", port))

    def copy(source, sink):
        try:
            while piece := source.recv(65536):
                sink.sendall(piece)
        except OSError:
            pass
        finally:
            for end in source, sink:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    threading.Thread(target=copy, args=(behind, connection), daemon=True).start()
    copy(connection, behind)
    behind.close()


def handle(connection, context):
    try:
        if context:
            connection = context.wrap_socket(connection, server_side=True)
        if settings.relay:
            return relay(connection, settings.relay)
        client = Client(connection)
        while client.keeps_open and client.read_request():
            client.served += 1
            serve(client)
            if client.headers.get("connection", "").lower() == "close":
                break
        client.input.close()
        if context and client.says_farewell:
            connection.unwrap()
    except (OSError, ValueError, IndexError):
        pass  # The client went away, or was no good: what it got is what the test looks at.
    finally:
        connection.close()


def end_with_parent():
    parent = os.getppid()

    def read():
        sys.stdin.buffer.read()
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


def main():
    global settings
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--certificate", help="a PEM file with the chain and its key: speak TLS")
    parser.add_argument("--root", help="a folder of files to serve")
    parser.add_argument("--relay", type=int, metavar="PORT", help="pass all bytes on to there")
    settings = parser.parse_args()
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    context = None
    if settings.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(settings.certificate)
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.bind((settings.host, 0))
    listener.listen(1024)
    threading.Thread(target=end_with_parent, daemon=True).start()
    print(f"port {listener.getsockname()[1]}", flush=True)
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=handle, args=(connection, context), daemon=True).start()


main()
