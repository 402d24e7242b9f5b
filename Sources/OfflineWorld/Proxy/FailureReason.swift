internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import SwiftASN1
internal import X509
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif
internal import Files

/// Why a host did not answer, in words for a person.
enum FailureReason {
    static func words(for error: any Error) -> String {
        switch error {
        case is ConnectionEnded, ChannelError.ioOnClosedChannel, ChannelError.eof, ChannelError.alreadyClosed,
            HTTPParserError.invalidEOFState, NIOSSLError.uncleanShutdown:
            "the connection ended early"
        case is HostIsSilent: "it says nothing any more"
        case let error as UsersProxyFailure: "your proxy: \(words(for: error.cause))"
        case is ProtocolChanged: "it changes to another protocol"
        case ChannelError.connectTimeout: "it did not take the connection in time"
        case let error as NIOConnectionError: connecting(error)
        case let error as IOError: String(cString: strerror(error.errnoCode)).lowercased()
        case HTTPParserError.headerOverflow: "its headers are too long"
        case let error as HTTPParserError: "what it says is no HTTP (\(error))"
        case let error where isAboutCertificate(error): "its certificate is not to be believed"
        case NIOSSLError.handshakeFailed(let error): "no TLS with it (\(error))"
        default: "\(error)"
        }
    }

    private static func connecting(_ error: NIOConnectionError) -> String {
        guard let first = error.connectionErrors.first else { return "cannot resolve host" }
        return words(for: first.error)
    }

    /// Whether the check of the certificate failed.
    static func isAboutCertificate(_ error: any Error) -> Bool {
        switch error {
        case let error as NIOSSLExtraError: error == .failedToValidateHostname
        case NIOSSLError.unableToValidateCertificate, NIOSSLError.noCertificateToValidate: true
        case NIOSSLError.handshakeFailed(let error): "\(error)".contains("CERTIFICATE_VERIFY_FAILED")
        default: false
        }
    }

    /// Says why a certificate was not trusted.
    static func flaw(of shown: NIOSSLCertificate, for host: String, at now: Date) throws -> String {
        let certificate = try Certificate(derEncoded: shown.toDERBytes())
        if certificate.notValidAfter < now { return "its certificate expired on \(day(certificate.notValidAfter))" }
        if certificate.notValidBefore > now {
            return "its certificate is valid from \(day(certificate.notValidBefore)) on"
        }
        if certificate.issuer == certificate.subject { return "its certificate is signed by itself alone" }
        let names = try certificate.extensions.subjectAlternativeNames?.map { name in
            switch name {
            case .dnsName(let name): name
            case .ipAddress(let address): Self.address(address.bytes) ?? "\(name)"
            default: "\(name)"
            }
        }
        // That of a wildcard is left to the check that failed: it may be wrong for either reason.
        guard let names, names.contains(where: { $0.lowercased() == host || $0.hasPrefix("*") }) else {
            return
                "its certificate is for another host: \((names ?? ["\(certificate.subject)"]).joined(separator: ", "))"
        }
        return "its certificate is signed by `\(certificate.issuer)`, which is not trusted"
    }

    /// - Parameter bytes: four or sixteen.
    private static func address(_ bytes: ArraySlice<UInt8>) -> String? {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        return Array(bytes).withUnsafeBytes { bytes in
            inet_ntop(family, bytes.baseAddress, &text, socklen_t(text.count)).map { String(cString: $0) }
        }
    }

    private static func day(_ date: Date) -> String { String(date.ISO8601Format().prefix(10)) }
}
