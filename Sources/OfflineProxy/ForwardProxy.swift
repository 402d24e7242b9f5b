/// An HTTP/1.1 forward proxy that looks into TLS, records responses and plays them back.
public struct ForwardProxy: Sendable {}
