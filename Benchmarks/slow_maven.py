"""The fixture's Maven build with empty caches and with full ones, its repository behind a slow line."""

import http.client
import http.server
import ipaddress
import os
import re
import shutil
import socket
import statistics
import subprocess
import threading
import time
import urllib.parse

from measure import QUIET, ROOT

BYTES_PER_SECOND = 5e6
ROUND_TRIP = 0.030
ROUNDS = 3
CENTRAL = "https://repo.maven.apache.org/maven2/"


class Line:
    """A line that all connections share: what is sent waits until the line has carried what was sent before."""

    def __init__(self):
        self.lock = threading.Lock()
        self.free_at = 0.0

    def carry(self, count):
        with self.lock:
            self.free_at = max(self.free_at, time.monotonic()) + count / BYTES_PER_SECOND
            wait = self.free_at - time.monotonic()
        if wait > 0:
            time.sleep(wait)


class SlowRepository:
    """A web server that passes on what is at `base`, at 5 MB/s in all and 30 ms a round trip.

    A connection costs one round trip before its first request (the handshake of TCP), and each request one before the first byte
    of its answer. What was fetched from `base` once is kept in memory, so that its speed is no part of the time.
    """

    def __init__(self, base, host):
        self.base, self.line = urllib.parse.urlsplit(base), Line()
        self.known, self.lock = {}, threading.Lock()
        self.reset()
        repository = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self):
                super().setup()
                repository.count("connections", 1)
                time.sleep(ROUND_TRIP)

            def do_GET(self):
                status, kind, body = repository.fetch(self.path)
                time.sleep(ROUND_TRIP)
                head = f"HTTP/1.1 {status} {http.client.responses[status]}\r\nContent-Length: {len(body)}\r\n"
                head += f"Content-Type: {kind}\r\n\r\n"
                left = memoryview(head.encode() + (b"" if self.command == "HEAD" else body))
                repository.count("requests", 1)
                repository.count("bytes", len(left))
                while left:
                    repository.line.carry(len(left[:16384]))
                    self.wfile.write(left[:16384])
                    left = left[16384:]

            do_HEAD = do_GET

            def log_message(self, *words):
                pass

        self.server = http.server.ThreadingHTTPServer((host, 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://{host}:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def reset(self):
        """Starts to count anew."""
        with self.lock:
            self.counts = {"connections": 0, "requests": 0, "bytes": 0}

    def count(self, what, number):
        with self.lock:
            self.counts[what] += number

    def fetch(self, path):
        """The status, the type and the body of what is at a path."""
        if path not in self.known:
            secure = self.base.scheme == "https"
            connection = (http.client.HTTPSConnection if secure else http.client.HTTPConnection)(
                self.base.hostname, self.base.port, timeout=60)
            connection.request("GET", self.base.path.rstrip("/") + path, headers={"Accept-Encoding": "identity"})
            answer = connection.getresponse()
            kind = answer.getheader("Content-Type", "application/octet-stream")
            self.known[path] = answer.status, kind, answer.read()
            connection.close()
        return self.known[path]


def bridge_address():
    """This machine's address on the engine's default bridge, where containers reach it."""
    subnet = subprocess.run(
        ["docker", "network", "inspect", "--format", "{{(index .IPAM.Config 0).Subnet}}", "bridge"], check=True,
        stdout=subprocess.PIPE).stdout.decode().strip()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        # Sends nothing: it only asks which way a container's address would be reached.
        probe.connect((str(ipaddress.ip_network(subnet)[2]), 9))
        return probe.getsockname()[0]


def maven_seconds(log):
    """What Maven says that it took, to be seen apart from container, source, caches and artifacts."""
    minutes, seconds = re.search(r"Total time:\s+(?:(\d+):)?([\d.]+) (?:s|min)", log).groups()
    return int(minutes or 0) * 60 + float(seconds)


def slow_maven(binary, work):
    url = subprocess.run([str(ROOT / ".ci/maven-repository"), "start"], check=True, stdout=subprocess.PIPE).stdout
    host = bridge_address()
    repository = SlowRepository(url.decode().strip() or CENTRAL, host)
    fixture = ROOT / "fixtures/petclinic-rest"
    os.environ.update(BUILDSPEC_PRIVILEGED="no", BUILDSPEC_AWS_LOCAL="no")
    base = [binary, "run", str(fixture), "-f", "ci/package.yml", "-i", "buildspec/java17", "--artifacts", str(work / "out")]
    times, shares, loads = {}, {}, {}

    def build(name, *options):
        repository.reset()
        # What the build before left to be written is no part of this one's time.
        os.sync()
        start = time.perf_counter()
        log = subprocess.run(
            base + list(options), check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL).stdout.decode()
        times.setdefault(name, []).append(time.perf_counter() - start)
        shares.setdefault(name, []).append(maven_seconds(log))
        loads[name] = dict(repository.counts)

    def forget():
        for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME"):
            shutil.rmtree(os.environ[name], ignore_errors=True)

    mirror = ["-e", f"MAVEN_MIRROR_URL={repository.url}"]
    # Not timed: fetches what the repository then has in memory.
    forget()
    subprocess.run(base + mirror, check=True, **QUIET)
    for _ in range(ROUNDS):
        forget()
        build("cold", *mirror)
        build("cached", *mirror)
        build("cached, --offline", "--offline")
        forget()
        build("cold, --record", "--record", "--mirror", f"{CENTRAL}={repository.url}")
        build("cached, --offline, recorded", "--offline")
        # Another place for caches, which is empty: all of it comes from the recordings.
        build("no cache, --offline, recorded", "--offline", "--cache", str(work / "empty"))
        shutil.rmtree(work / "empty", ignore_errors=True)
    for name, values in times.items():
        median, share, load = statistics.median(values), statistics.median(shares[name]), loads[name]
        first = statistics.median(times["cold, --record" if "record" in name else "cold"])
        print(f"{'slow Maven repository: ' + name:<54} {median:6.1f} s, Maven {share:5.1f} s   {load['requests']:4} requests "
              f"{load['connections']:3} connections {load['bytes'] / 1e6:6.1f} MB   "
              f"cold / this {first / median:5.2f}   target {5 if name == 'cached' else '-'}", flush=True)
