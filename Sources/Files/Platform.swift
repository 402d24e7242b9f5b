// What differs between the systems this program is built on, and nothing else. No other file asks which system it is for
// the C library, for paths, for times of files or for threads.
//
// Both imports are handed on (`@_exported`): whoever imports `Files` has the system's calls and `FilePath`, and cannot
// choose another `FilePath`. swift-subprocess speaks `System.FilePath` on macOS and `SystemPackage.FilePath` on Linux, and
// two paths of different origin do not mix.
#if canImport(Glibc)
    @_exported public import Glibc
#elseif canImport(Musl)
    @_exported public import Musl
#elseif canImport(Darwin)
    @_exported public import Darwin
#endif
#if canImport(System)
    @_exported public import System
#else
    @_exported public import SystemPackage
#endif

/// The system's calls under names of their own, for types whose members have the same names.
public enum SystemCall {
    /// `SOCK_STREAM`, which is not a number on every system.
    public static var streamKind: Int32 {
        #if canImport(Glibc)
            Int32(SOCK_STREAM.rawValue)
        #else
            SOCK_STREAM
        #endif
    }

    public static func open(_ path: String, flags: Int32, mode: UInt32 = 0) -> Int32 {
        #if canImport(Glibc)
            Glibc.open(path, flags, mode_t(mode))
        #elseif canImport(Musl)
            Musl.open(path, flags, mode_t(mode))
        #else
            Darwin.open(path, flags, mode_t(mode))
        #endif
    }

    @discardableResult
    public static func close(_ descriptor: Int32) -> Int32 {
        #if canImport(Glibc)
            Glibc.close(descriptor)
        #elseif canImport(Musl)
            Musl.close(descriptor)
        #else
            Darwin.close(descriptor)
        #endif
    }

    public static func read(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        #if canImport(Glibc)
            Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        #elseif canImport(Musl)
            Musl.read(descriptor, buffer.baseAddress, buffer.count)
        #else
            Darwin.read(descriptor, buffer.baseAddress, buffer.count)
        #endif
    }

    public static func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        #if canImport(Glibc)
            Glibc.write(descriptor, bytes.baseAddress, bytes.count)
        #elseif canImport(Musl)
            Musl.write(descriptor, bytes.baseAddress, bytes.count)
        #else
            Darwin.write(descriptor, bytes.baseAddress, bytes.count)
        #endif
    }

    public static func listen(_ socket: Int32, backlog: Int32) -> Int32 {
        #if canImport(Glibc)
            Glibc.listen(socket, backlog)
        #elseif canImport(Musl)
            Musl.listen(socket, backlog)
        #else
            Darwin.listen(socket, backlog)
        #endif
    }
}

extension stat {
    /// When the content was changed last, since 1970.
    public var modified: Duration {
        #if canImport(Darwin)
            Duration(secondsComponent: Int64(st_mtimespec.tv_sec), nanoseconds: Int64(st_mtimespec.tv_nsec))
        #else
            Duration(secondsComponent: Int64(st_mtim.tv_sec), nanoseconds: Int64(st_mtim.tv_nsec))
        #endif
    }

    /// When anything about the file was changed last, since 1970; nobody can set it.
    public var changed: Duration {
        #if canImport(Darwin)
            Duration(secondsComponent: Int64(st_ctimespec.tv_sec), nanoseconds: Int64(st_ctimespec.tv_nsec))
        #else
            Duration(secondsComponent: Int64(st_ctim.tv_sec), nanoseconds: Int64(st_ctim.tv_nsec))
        #endif
    }
}

/// Starts a thread that ends with its function; nobody waits for it.
///
/// - Returns: 0, or the error number with which no thread could be had; `body` is then never called.
func startDetachedThread(_ body: @escaping @Sendable () -> Void) -> Int32 {
    let job = Unmanaged.passRetained(ThreadJob(body: body))
    #if canImport(Darwin)
        var thread: pthread_t?
    #else
        var thread: pthread_t = 0
    #endif
    let status = pthread_create(&thread, nil, performThreadJob, job.toOpaque())
    if status != 0 {
        job.release()
        return status
    }
    #if canImport(Darwin)
        if let thread { pthread_detach(thread) }
    #else
        pthread_detach(thread)
    #endif
    return 0
}

private final class ThreadJob: Sendable {
    let body: @Sendable () -> Void
    init(body: @escaping @Sendable () -> Void) { self.body = body }
}

/// The first function of a new thread. (As a closure inside `startDetachedThread` it crashes the compiler of Swift 6.3.1.)
#if canImport(Darwin)
    private func performThreadJob(_ job: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        Unmanaged<ThreadJob>.fromOpaque(job).takeRetainedValue().body()
        return nil
    }
#else
    private func performThreadJob(_ job: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        if let job { Unmanaged<ThreadJob>.fromOpaque(job).takeRetainedValue().body() }
        return nil
    }
#endif

/// The programs that a system has for its user.
public enum SystemPrograms {
    /// The one that opens a file or an address in what the user has for it.
    public static var opener: String {
        #if canImport(Darwin)
            "open"
        #else
            "xdg-open"
        #endif
    }
}
