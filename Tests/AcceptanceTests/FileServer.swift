import ChildProcesses
import Foundation

/// Serves a folder on loopback while `body` runs.
///
/// - Parameters:
///   - isSelfSigned: over TLS, with a certificate for 127.0.0.1 that nobody vouches for.
///   - body: gets the server's URL, which ends in a slash.
func serving(
    _ folder: URL, isSelfSigned: Bool = false, _ body: @escaping @Sendable (String) async throws -> Void
) async throws {
    let script = """
        import functools, http.server, os, ssl, subprocess, sys, tempfile
        handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        if sys.argv[2] == "https":
            with tempfile.TemporaryDirectory() as room:
                file = os.path.join(room, "server.pem")
                subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1",
                                "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2", "-keyout", file, "-out", file + ".crt"],
                               check=True, capture_output=True)
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(file + ".crt", file)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        print("port", server.server_port, flush=True)
        server.serve_forever()
        """
    let scheme = isSelfSigned ? "https" : "http"
    let server = Command("python3", ["-c", script, folder.path, scheme])
    let (lines, said) = AsyncStream.makeStream(of: String.self)
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            _ = try await server.stream { streams in
                async let _ = streams.errorOutput.forEachChunk { _ in }
                try await streams.output.forEachChunk { said.yield(String(decoding: $0, as: UTF8.self)) }
            }
        }
        defer { group.cancelAll() }
        var text = ""
        for await line in lines {
            text += line
            guard let port = text.firstMatch(of: #/port ([0-9]+)\n/#)?.output.1 else { continue }
            try await body("\(scheme)://127.0.0.1:\(port)/")
            return
        }
    }
}
