/// The recorded HTTP responses of one project, in a folder.
///
/// Every method may be called from any thread, and from several processes on the same folder.
public struct RecordingStore: Sendable {
    public let folder: String

    /// - Parameter folder: an absolute path; made when something is recorded.
    public init(folder: String) { self.folder = folder }
}
