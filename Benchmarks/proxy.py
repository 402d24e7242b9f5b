"""The recorder's proxy against mitmproxy: both record one origin on loopback, and replay it when it is gone."""

import hashlib
import http.server
import os
import pathlib
import random
import signal
import socket
import ssl
import statistics
import subprocess
import threading
import time

from measure import ROOT

CONNECTIONS = 8
ROUNDS = 5
SMALL, LARGE = 2000, 20
LARGE_BYTES = 50 << 20


class Origin:
    """A web server whose bodies follow from their names: `/SEED/LENGTH` is a block of chance, again and again.

    It answers plain HTTP at `port`, and HTTPS, as localhost, at `tls_port`.
    """

    def __init__(self, folder):
        key, certificate = folder / "origin.key", folder / "origin.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
             "-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)],
            check=True, stderr=subprocess.DEVNULL)
        plain, secure = (http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) for _ in range(2))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        secure.socket = context.wrap_socket(secure.socket, server_side=True, do_handshake_on_connect=False)
        self.servers = [plain, secure]
        self.port, self.tls_port = plain.server_port, secure.server_port
        for server in self.servers:
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, daemon=True).start()

    def stop(self):
        for server in self.servers:
            server.shutdown()
            server.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        seed, length = (int(word) for word in self.path[1:].split("/"))
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(length))
        self.end_headers()
        for piece in pieces(seed, length):
            self.wfile.write(piece)

    def log_message(self, *words):
        pass


def pieces(seed, length):
    block = random.Random(seed).randbytes(min(length, 1 << 20))
    while length > 0:
        yield block[:length]
        length -= len(block)


def digest(seed, length):
    hash = hashlib.sha256()
    for piece in pieces(seed, length):
        hash.update(piece)
    return hash.hexdigest()


class Bodies:
    """What is asked for: seeds and lengths, and the hashes of the bodies that they make."""

    def __init__(self, *wanted):
        self.items = [(seed, length, digest(seed, length)) for seed, length in wanted]
        self.byte_count = sum(length for _, length, _ in self.items)

    def plan(self, file, base, checks):
        file.write_text("".join(
            f"{base}/{seed}/{length} {length} {hash if checks else ''}\n" for seed, length, hash in self.items))
        return str(file)


class Proxy:
    """A proxy of either kind that runs: its port, its authority's certificate, and the process."""

    def __init__(self, command, port, authority):
        self.port, self.authority = port, authority
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if port is None:
            self.port = int(self.process.stdout.readline().decode().rsplit(":", 1)[1])
        # What it replays may have to be read first.
        end = time.monotonic() + 600
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except ConnectionRefusedError:
                if self.process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError(f"{command[0]} does not listen, exit status {self.process.poll()}") from None
                time.sleep(0.05)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.send_signal(signal.SIGINT)
        self.process.wait()

    @property
    def peak_memory(self):
        """In MB, since its start."""
        for text in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if text.startswith("VmHWM:"):
                return int(text.split()[1]) / 1024
        raise RuntimeError("its memory is not told")


def ours(binary, mode, work, origin):
    authority = work / "authority"
    return Proxy(
        [binary, "proxy", "--mode", mode, "--store", str(work / "store"), "--authority", str(authority), "--mirror",
         f"https://localhost:{origin.tls_port}/=http://localhost:{origin.port}/"], None, str(authority / "ca.pem"))


def mitmproxy(mitmdump, work, options):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder = work / "mitmproxy"
    command = [mitmdump, "--quiet", "--listen-host", "127.0.0.1", "--listen-port", str(port)]
    for option in [f"confdir={folder}", "connection_strategy=lazy", "upstream_cert=false", "ssl_insecure=true", *options]:
        command += ["--set", option]
    return Proxy(command, port, str(folder / "mitmproxy-ca-cert.pem"))


def proxy(binary, work):
    load = str(work / "load")
    subprocess.run(
        ["cc", "-O2", "-o", load, str(ROOT / "Benchmarks/load.c"), "-lssl", "-lcrypto", "-lpthread"], check=True)
    folder = subprocess.run([str(ROOT / "Benchmarks/mitmproxy")], check=True, stdout=subprocess.PIPE).stdout
    mitmdump = f"{folder.decode().strip()}/mitmdump"
    origin = Origin(work)

    def ask(proxy, bodies, base, checks=False, connections=CONNECTIONS):
        """Seconds until all bodies are there, every one of them checked."""
        plan = bodies.plan(work / "plan", base, checks)
        return float(subprocess.run(
            [load, str(proxy.port), plan, str(connections), proxy.authority], check=True,
            stdout=subprocess.PIPE).stdout)

    chance = random.Random(7)
    small = Bodies(*((number, chance.randint(1 << 10, 20 << 10)) for number in range(SMALL)))
    large = Bodies(*((SMALL + number, LARGE_BYTES) for number in range(LARGE)))
    whole = Bodies()
    # The large ones among the small ones, evenly.
    for index, item in enumerate(small.items):
        if index % (SMALL // LARGE) == 0:
            whole.items.append(large.items[index * LARGE // SMALL])
        whole.items.append(item)
    whole.byte_count = small.byte_count + large.byte_count
    sets = {f"{SMALL:,} of 1-20 KB": small, f"{LARGE} of {LARGE_BYTES >> 20} MB": large, "all of them": whole}
    huge = [Bodies((-1, size << 30)) for size in ([1, 5] if os.environ.get("BENCH_HUGE") == "1" else [1])]
    plain, secure = f"http://localhost:{origin.port}", f"https://localhost:{origin.tls_port}"

    def memory(what, proxy):
        print(f"{what:<52} peak memory {proxy.peak_memory:7.1f} MB", flush=True)

    with ours(binary, "record", work, origin) as recorder:
        for base in (plain, secure):
            ask(recorder, small, base, checks=True)
        memory("ours, small ones recorded", recorder)
        for base in (plain, secure):
            ask(recorder, large, base, checks=True)
        memory("ours, large ones recorded as well", recorder)
        for body in huge:
            ask(recorder, body, plain, checks=True)
            memory(f"ours, one of {body.byte_count >> 30} GB recorded as well", recorder)
    flows = {}
    for base, name in ((plain, "HTTP"), (secure, "HTTPS")):
        flows[base] = work / f"{name}.flows"
        with mitmproxy(mitmdump, work, [f"save_stream_file={flows[base]}"]) as recorder:
            ask(recorder, whole, base, checks=True)
            memory(f"mitmproxy, all of them recorded over {name}", recorder)
    origin.stop()

    # One scheme at a time: mitmproxy has all that it replays in memory.
    for base, name in ((plain, "HTTP"), (secure, "HTTPS")):
        replays = ["server_replay_reuse=true", "server_replay_refresh=false", "server_replay_extra=kill"]
        with ours(binary, "replay", work, origin) as our_proxy, \
                mitmproxy(mitmdump, work, [f"server_replay={flows[base]}", *replays]) as their_proxy:
            for what, bodies in sets.items():
                # Once to see that the bytes are right, and to have the files in memory; then for the time.
                times = {}
                for proxy in (our_proxy, their_proxy):
                    ask(proxy, bodies, base, checks=True)
                    times[proxy] = []
                for _ in range(ROUNDS):
                    for proxy in times:
                        times[proxy].append(ask(proxy, bodies, base))
                rate = {proxy: bodies.byte_count / statistics.median(times[proxy]) / 1e6 for proxy in times}
                count = {proxy: len(bodies.items) / statistics.median(times[proxy]) for proxy in times}
                print(f"{name + ', replay of ' + what:<36} ours {rate[our_proxy]:7.1f} MB/s {count[our_proxy]:7.0f}/s   "
                      f"mitmproxy {rate[their_proxy]:7.1f} MB/s {count[their_proxy]:7.0f}/s   "
                      f"ratio {rate[our_proxy] / rate[their_proxy]:5.2f}   target {5 if bodies is whole else '-'}",
                      flush=True)
                memory(f"ours, {what} replayed over {name}", our_proxy)
                memory(f"mitmproxy, {what} replayed over {name}", their_proxy)
            for body in huge if base == plain else []:
                took = ask(our_proxy, body, base, checks=True)
                memory(f"ours, one of {body.byte_count >> 30} GB replayed as well, in {took:.1f} s", our_proxy)
        flows[base].unlink()
