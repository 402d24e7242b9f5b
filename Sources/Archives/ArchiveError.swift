public import Files

/// An archive that could not be read or written. A mere warning is *not* one of these errors.
public struct ArchiveError: Error, Sendable, CustomStringConvertible {
    public struct Code: Hashable, Sendable {
        private enum Value { case damaged, unsupported, readFailed, writeFailed, outputClosed, stopped, sizeMismatch }
        private let value: Value
        /// The archive is cut short or its bytes make no sense.
        public static var damaged: Self { Self(value: .damaged) }
        /// The archive may be sound, but the library or the format cannot carry what is in it.
        public static var unsupported: Self { Self(value: .unsupported) }
        /// The system could not read the archive.
        public static var readFailed: Self { Self(value: .readFailed) }
        /// The system could not write the archive: the disk is full, or a limit is reached.
        public static var writeFailed: Self { Self(value: .writeFailed) }
        /// The reader of the archive at the other end of the pipe is gone.
        public static var outputClosed: Self { Self(value: .outputClosed) }
        /// A ``StopFlag`` was raised.
        public static var stopped: Self { Self(value: .stopped) }
        /// The caller gave more or fewer bytes than the entry announced.
        public static var sizeMismatch: Self { Self(value: .sizeMismatch) }
    }

    public let code: Code
    /// "read the archive `/x/y.tar.zst`"
    public let doing: String
    /// The reason, in the words of libarchive or of the system.
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
