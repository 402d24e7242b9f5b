internal import Crypto
internal import NIOSSL
internal import SwiftASN1
internal import Synchronization
internal import X509
#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif
internal import Files

/// The authority that signs the certificate of every host while a proxy looks into a build's connections.
///
/// Each project has one. It is made on this machine and valid for a year, and its key is readable by its user alone.
public final class CertificateAuthority: Sendable {
    private let key: P256.Signing.PrivateKey
    private let certificate: Certificate
    /// One key for all hosts of this process, which nobody else ever sees.
    private let hostKey = P256.Signing.PrivateKey()
    private let contexts = Mutex<[String: NIOSSLContext]>([:])

    /// PEM, with a line feed at its end.
    public let certificatePEM: String

    private static let year: TimeInterval = 365 * 86400
    private static let renewal: TimeInterval = 30 * 86400

    /// Reads the authority in a folder, or makes one there when there is none or it is about to expire.
    ///
    /// Key and certificate are one file, so that two processes at once can make one each, and both then use the same.
    ///
    /// - Parameters:
    ///   - project: that the certificate names.
    ///   - now: the time it is valid from, less a day for clocks that are slow.
    /// - Throws: ``ProxyError``
    public init(in folder: String, project: String, now: Date) throws {
        let path = "\(folder)/authority.pem"
        var text = try Self.load(path)
        if text.map({ Self.isFresh($0, now) }) != true {
            let made = Array(try Self.make(project: project, now: now).utf8)
            try Self.explained("write the authority `\(path)`") {
                try Folder.make(folder, mode: 0o700)
                // Of two that come at once the first one's stays, and both use that.
                try Folder.replace(path, with: made, mode: 0o600, keepsOld: text == nil)
            }
            text = try Self.load(path)
        }
        guard let text, let (key, certificate) = Self.parse(text) else {
            throw ProxyError(
                doing: "use the authority `\(path)`", reason: "it is no key with its certificate",
                help: "remove the file; a new one is made, and kept builds no longer believe it")
        }
        self.key = key
        self.certificate = certificate
        certificatePEM = try certificate.serializeAsPEM().pemString + "\n"
    }

    // MARK: Hosts

    /// The certificate and key of a TLS server for a host.
    func serverContext(for host: String) throws -> NIOSSLContext {
        try contexts.withLock { contexts in
            if let context = contexts[host] { return context }
            // A build that asks for ever new names must not fill the memory.
            if contexts.count >= 2000 { contexts.removeAll() }
            let leaf = try NIOSSLCertificate(bytes: certificate(for: host).derBytes, format: .der)
            let issuer = try NIOSSLCertificate(bytes: certificate.derBytes, format: .der)
            let key = try NIOSSLPrivateKey(bytes: Array(hostKey.derRepresentation), format: .der)
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: [.certificate(leaf), .certificate(issuer)], privateKey: .privateKey(key))
            configuration.applicationProtocols = ["http/1.1"]
            let context = try NIOSSLContext(configuration: configuration)
            contexts[host] = context
            return context
        }
    }

    private func certificate(for host: String) throws -> Certificate {
        let name: GeneralName =
            Self.address(host).map { .ipAddress(ASN1OctetString(contentBytes: $0[...])) } ?? .dnsName(host)
        return try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: .init(hostKey.publicKey),
            notValidBefore: certificate.notValidBefore, notValidAfter: certificate.notValidAfter,
            issuer: certificate.subject,
            // A common name has room for 64 letters; what counts is the alternative name.
            subject: DistinguishedName { CommonName(host.utf8.count <= 64 ? host : "buildspec") },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                KeyUsage(digitalSignature: true)
                try ExtendedKeyUsage([.serverAuth])
                SubjectAlternativeNames([name])
                // What strict clients look for, Python from 3.13 on among them (RFC 5280, 4.2.1.1).
                try AuthorityKeyIdentifier(keyIdentifier: certificate.extensions.subjectKeyIdentifier?.keyIdentifier)
            }, issuerPrivateKey: .init(key))
    }

    private static func address(_ host: String) -> [UInt8]? {
        var four = in_addr()
        if inet_pton(AF_INET, host, &four) == 1 { return withUnsafeBytes(of: &four) { Array($0) } }
        var six = in6_addr()
        let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        if inet_pton(AF_INET6, bare, &six) == 1 { return withUnsafeBytes(of: &six) { Array($0) } }
        return nil
    }

    // MARK: The file

    private static func make(project: String, now: Date) throws -> String {
        let key = P256.Signing.PrivateKey()
        let name = try DistinguishedName {
            OrganizationName("buildspec")
            CommonName("buildspec recorder of \(project.prefix(36))")
        }
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: .init(key.publicKey),
            notValidBefore: now.addingTimeInterval(-86400), notValidAfter: now.addingTimeInterval(year),
            issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                SubjectKeyIdentifier(hash: Certificate.PublicKey(key.publicKey))
            }, issuerPrivateKey: .init(key))
        return try key.pemRepresentation + "\n" + certificate.serializeAsPEM().pemString + "\n"
    }

    private static func parse(_ text: String) -> (P256.Signing.PrivateKey, Certificate)? {
        guard let start = text.firstRange(of: "-----BEGIN CERTIFICATE-----")?.lowerBound,
            let key = try? P256.Signing.PrivateKey(pemRepresentation: String(text[..<start])),
            let certificate = try? Certificate(pemEncoded: String(text[start...])),
            certificate.publicKey == Certificate.PublicKey(key.publicKey)
        else { return nil }
        return (key, certificate)
    }

    /// Whether the authority is valid for some time. A file that is none of ours counts as valid here, and fails later.
    private static func isFresh(_ text: String, _ now: Date) -> Bool {
        guard let (_, certificate) = parse(text) else { return true }
        return certificate.notValidBefore <= now && certificate.notValidAfter > now.addingTimeInterval(renewal)
    }

    private static func load(_ path: String) throws -> String? {
        try explained("read the authority `\(path)`") {
            try Folder.open(path).map { String(decoding: try $0.bytes(limit: 64 << 10), as: UTF8.self) }
        }
    }

    private static func explained<Result>(_ doing: String, _ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let error as FileError {
            throw ProxyError(doing: doing, reason: error.reason)
        } catch let error as Errno {
            throw ProxyError(doing: doing, reason: error.description)
        }
    }
}

extension Certificate {
    fileprivate var derBytes: [UInt8] {
        get throws {
            var serializer = DER.Serializer()
            try serializer.serialize(self)
            return serializer.serializedBytes
        }
    }
}

/// An operation of a proxy that failed on this machine.
public struct ProxyError: Error, Sendable, CustomStringConvertible {
    /// What was tried: "write the authority `/x`".
    public let doing: String
    public let reason: String
    public let help: String?
    /// Whether the user's settings are at fault, and not the machine.
    public let isAboutSettings: Bool

    init(doing: String, reason: String, help: String? = nil, isAboutSettings: Bool = false) {
        self.doing = doing
        self.isAboutSettings = isAboutSettings
        self.reason = reason
        self.help = help
    }

    init(doing: String, errno code: Int32) { self.init(doing: doing, reason: String(cString: strerror(code))) }

    public var description: String { "cannot \(doing): \(reason)" }
}
