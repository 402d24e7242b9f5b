/// Artifacts or a cache that could not be kept or brought back. Entries left out of an archive are *not* among these.
public struct FileError: Error, Sendable, CustomStringConvertible {
    public struct Code: Hashable, Sendable {
        private enum Value { case notFound, damaged, refused, conflict, cannotRead, cannotWrite, outputClosed }
        private let value: Value
        /// There is nothing of that name.
        public static var notFound: Self { Self(value: .notFound) }
        /// What was kept, or what is to be kept, is not whole.
        public static var damaged: Self { Self(value: .damaged) }
        /// A name that is not acceptable.
        public static var refused: Self { Self(value: .refused) }
        /// Two things want the same place.
        public static var conflict: Self { Self(value: .conflict) }
        /// The system could not deliver bytes.
        public static var cannotRead: Self { Self(value: .cannotRead) }
        /// The system could not take bytes: a full or read-only disk, no permission.
        public static var cannotWrite: Self { Self(value: .cannotWrite) }
        /// Whoever received the stream is gone.
        public static var outputClosed: Self { Self(value: .outputClosed) }
    }

    public let code: Code
    /// "save the cache `petclinic` in `/x`"
    public let doing: String
    /// The system's or the archive library's own words.
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
    /// Whether the work was ended because nobody wanted its result any more.
    var wasStopped: Bool { get }
    /// What it is as a ``FileError``; `nil` where only the caller knows.
    var fileErrorCode: FileError.Code? { get }
    var reason: String { get }
}

extension FileError {
    /// Puts what was being done around an error that knows only a system call or an archive.
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

/// Runs `body`; an error of the system's or the archive library's comes out as a ``FileError`` about `doing`.
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
