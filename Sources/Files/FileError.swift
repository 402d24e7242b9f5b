/// An operation on files or archives that failed. Entries that are skipped in an archive are *not* among these errors.
public struct FileError: Error, Sendable, CustomStringConvertible {
    public struct Code: Hashable, Sendable {
        private enum Value { case notFound, damaged, refused, conflict, cannotRead, cannotWrite, outputClosed }
        private let value: Value
        /// There is nothing of that name.
        public static var notFound: Self { Self(value: .notFound) }
        /// The data is damaged or incomplete.
        public static var damaged: Self { Self(value: .damaged) }
        /// The name is not acceptable.
        public static var refused: Self { Self(value: .refused) }
        /// Something else has the place already.
        public static var conflict: Self { Self(value: .conflict) }
        /// The system could not read.
        public static var cannotRead: Self { Self(value: .cannotRead) }
        /// The system could not write: the disk is full or read-only, or permission is missing.
        public static var cannotWrite: Self { Self(value: .cannotWrite) }
        /// The reader of the stream is gone.
        public static var outputClosed: Self { Self(value: .outputClosed) }
    }

    public let code: Code
    /// What was tried: "save the cache `petclinic` in `/x`".
    public let doing: String
    /// The reason, in the words of the system or of the archive library.
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

/// An error of another room that a ``FileError`` can be made of.
public protocol TranslatableError: Error {
    /// Whether the work ended because it was cancelled.
    var wasStopped: Bool { get }
    /// The code of the ``FileError``; `nil` when only the caller knows it.
    var fileErrorCode: FileError.Code? { get }
    var reason: String { get }
}

extension FileError {
    /// Adds what was tried to an error of a system call or of an archive.
    ///
    /// - Parameter code: for a failed system call.
    public init(_ code: Code, doing: String, _ error: any Error) {
        switch error {
        case let error as FileError: self = error
        case let error as any TranslatableError:
            self.init(error.fileErrorCode ?? code, doing: doing, reason: error.reason, cause: error)
        case let error as Errno: self.init(code, doing: doing, reason: error.description, cause: error)
        default: self.init(code, doing: doing, reason: String(describing: error), cause: error)
        }
    }
}

/// Runs `body`, and turns an error of the system or of the archive library into a ``FileError`` about `doing`.
///
/// Cancellation passes unchanged.
///
/// - Parameter code: for a failed system call.
public func explaining<Result>(
    _ doing: @autoclosure () -> String, as code: FileError.Code = .cannotWrite, _ body: () throws -> Result
) throws -> Result {
    do {
        return try body()
    } catch let error as CancellationError {
        throw error
    } catch let error as any TranslatableError where error.wasStopped {
        throw CancellationError()
    } catch {
        throw FileError(code, doing: doing(), error)
    }
}
