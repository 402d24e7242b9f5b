"""The door of the registry: answers as ECR does where the registry beside it would not, and passes on the rest.

A request for `ACCOUNT.dkr.ecr.REGION.amazonaws.com` (its Host) needs the login that `aws ecr get-login-password` gives, and a
repository that exists. Under any other name of this machine the repository's whole URI is the path, and no login is needed:
`docker pull 127.0.0.1:PORT/ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME`.
"""

import base64
import http.client
import json
import os
import re
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import ecr
import registry
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ecr.models import ecr_backends

PATH = re.compile(r"/v2/(?P<name>.+)/(?P<rest>(?:manifests|blobs|tags)/.*)")
PASSWORD = re.compile(r"AWS:\d{12}-auth-token")
HOP_BY_HOP = {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "expect"}
CHUNK = 1 << 20


class Refused(Exception):
    def __init__(self, status, code, message):
        super().__init__(message)
        self.status = status
        self.content = json.dumps({"errors": [{"code": code, "message": message}]}).encode() + b"\n"


class Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 600

    def serve(self):
        try:
            target, prefix = self.target()
        except Refused as refused:
            # What the client still sends is not read, so nothing more can come on this connection.
            self.close_connection = True
            self.send_response(refused.status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(refused.content)))
            self.send_header("Connection", "close")
            if refused.status == 401:
                realm = f'Basic realm="https://{self.host}/",service="ecr.amazonaws.com"'
                self.send_header("WWW-Authenticate", realm)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(refused.content)
            return
        connection = http.client.HTTPConnection(*registry.ADDRESS, timeout=600)
        try:
            self.ask(connection, target)
            self.answer(connection.getresponse(), prefix)
        except (OSError, http.client.HTTPException) as error:
            self.close_connection = True
            self.log_error("%s %s: %s: %s", self.command, self.path, type(error).__name__, error)
        finally:
            connection.close()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = serve

    @property
    def host(self):
        return self.headers.get("Host", "").lower().partition(":")[0]

    def target(self):
        """The path at the registry, and what was put in front of the repository's name for it."""
        own = registry.HOST.fullmatch(self.host)
        if own:
            self.check_login()
        path, _, query = self.path.partition("?")
        match = PATH.fullmatch(path)
        if not match:
            return self.path, ""
        name, prefix = match["name"], ""
        if own:
            prefix = self.host + "/"
        elif not registry.HOST.match(name):
            region = os.environ["AWS_DEFAULT_REGION"]
            prefix = f"{DEFAULT_ACCOUNT_ID}.dkr.ecr.{region}.amazonaws.com/"
        backend, own_name = self.check_repository(prefix + name)
        kind, _, tag = match["rest"].partition("/")
        if self.command == "PUT" and kind == "manifests" and ":" not in tag and ecr.is_fixed(backend, own_name, tag):
            # In these words since 2025 (osscontainertools/kaniko#204), for an equal image, too (moby/buildkit#3776).
            message = f"The image tag '{tag}' already exists in the '{own_name}' repository"
            raise Refused(400, "TAG_INVALID", f"{message} and cannot be overwritten because the tag is immutable.")
        if prefix and query:
            fields = urllib.parse.parse_qsl(query, keep_blank_values=True)
            query = urllib.parse.urlencode([(k, prefix + v if k == "from" else v) for k, v in fields])
        return f"/v2/{prefix}{name}/{match['rest']}" + (f"?{query}" if query else ""), prefix

    def check_login(self):
        kind, _, credentials = self.headers.get("Authorization", "").partition(" ")
        try:
            text = base64.b64decode(credentials, validate=True).decode()
        except ValueError:
            text = ""
        if kind.lower() != "basic" or not PASSWORD.fullmatch(text):
            raise Refused(401, "UNAUTHORIZED", "Not Authorized")

    def check_repository(self, uri):
        host, _, name = uri.partition("/")
        match = registry.HOST.fullmatch(host)
        account, region = (match["account"], match["region"]) if match else (DEFAULT_ACCOUNT_ID, "")
        if not match or region not in ecr_backends[account] or name not in ecr_backends[account][region].repositories:
            message = f"The repository with name '{name}' does not exist in the registry with id '{account}'"
            raise Refused(404, "NAME_UNKNOWN", message)
        return ecr_backends[account][region], name

    def ask(self, connection, target):
        connection.putrequest(self.command, target, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in HOP_BY_HOP and name.lower() != "authorization":
                connection.putheader(name, value)
        is_chunked = "chunked" in self.headers.get("Transfer-Encoding", "").lower()
        if is_chunked:
            connection.putheader("Transfer-Encoding", "chunked")
        # To a client that names no form of manifest the registry gives the one of Docker 1.9, and ECR one of now.
        if "/manifests/" in target and "application/" not in self.headers.get("Accept", ""):
            connection.putheader("Accept", registry.MANIFEST_TYPE)
        connection.endheaders()
        try:
            for part in self.chunks() if is_chunked else self.parts(int(self.headers.get("Content-Length", 0))):
                connection.send(part)
        except (BrokenPipeError, ConnectionResetError):
            # The registry answers before it has read all: it refuses.
            self.close_connection = True

    def parts(self, length):
        while length > 0:
            part = self.rfile.read(min(length, CHUNK))
            if not part:
                raise ConnectionAbortedError("the client has gone in the middle of its request")
            length -= len(part)
            yield part

    def chunks(self):
        """The chunks of the body as they came, for the registry to read."""
        while True:
            line = self.rfile.readline(1024)
            length = int(line.partition(b";")[0], 16)
            yield line
            if length == 0:
                break
            yield from self.parts(length + 2)
        while line not in (b"\r\n", b"\n", b""):
            line = self.rfile.readline(65536)
            yield line

    def answer(self, response, prefix):
        self.send_response_only(response.status, response.reason)
        has_content = self.command != "HEAD" and response.status not in (204, 304)
        length = response.getheader("Content-Length")
        for name, value in response.getheaders():
            if name.lower() == "location" and prefix:
                value = value.replace(f"/v2/{prefix}", "/v2/", 1)
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        if has_content and length is None:
            self.close_connection = True
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        while has_content and (part := response.read(CHUNK)):
            self.wfile.write(part)

    def log_message(self, format, *arguments):
        pass

    def log_error(self, format, *arguments):
        print("aws-local: registry: " + format % arguments, flush=True)


class Gate(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    allow_reuse_address = True

    def handle_error(self, request, client_address):
        # A client that went away is nobody's fault.
        pass


def make(port):
    return Gate(("0.0.0.0", port), Door)
