public import Files

/// An archive that could not be read or written. What ends the work, never a mere warning.
public struct ArchiveError: Error, Sendable, CustomStringConvertible {
    public struct Code: Hashable, Sendable {
        private enum Value { case damaged, unsupported, readFailed, writeFailed, outputClosed, stopped, sizeMismatch }
        private let value: Value
        /// The archive is cut short or its bytes make no sense.
        public static var damaged: Self { Self(value: .damaged) }
        /// Sound perhaps, but of a kind this library or format cannot carry.
        public static var unsupported: Self { Self(value: .unsupported) }
        /// The system could not deliver the archive's bytes.
        public static var readFailed: Self { Self(value: .readFailed) }
        /// The system could not take the archive's bytes: a full disk, a limit.
        public static var writeFailed: Self { Self(value: .writeFailed) }
        /// Whoever read the archive at the other end of the pipe is gone.
        public static var outputClosed: Self { Self(value: .outputClosed) }
        /// A ``StopFlag`` was raised.
        public static var stopped: Self { Self(value: .stopped) }
        /// The caller gave more or fewer bytes than the entry announced.
        public static var sizeMismatch: Self { Self(value: .sizeMismatch) }
    }

    public let code: Code
    /// "read the archive `/x/y.tar.zst`"
    public let doing: String
    /// libarchive's or the system's own words.
    public let reason: String
    public let cause: (any Error)?

    public init(_ code: Code, doing: String, reason: String, cause: (any Error)? = nil) {
        self.code = code
        self.doing = doing
        self.reason = reason
        self.cause = cause
    }

    public var description: String { "cannot \(doing): \(reason)" }
}

extension ArchiveError: TranslatableError {
    public var wasStopped: Bool { code == .stopped }

    public var fileErrorCode: FileError.Code? {
        switch code {
        case .outputClosed: .outputClosed
        case .readFailed: .cannotRead
        case .writeFailed: .cannotWrite
        case .damaged: .damaged
        default: nil
        }
    }
}
