internal import Files

extension ArtifactStore {
    /// Removes what processes left that were killed while they stored an artifact.
    ///
    /// What cannot be removed only takes room.
    public func sweepDrafts() {
        guard let store = try? DirectoryHandle(opening: directory), let names = try? store.names() else { return }
        for name in names where name.first == UInt8(ascii: ".") {
            let text = String(decoding: name, as: UTF8.self)
            guard let mark = text.ranges(of: Self.draftMark).last else { continue }
            if UniqueName.isAbandoned(String(text[mark.upperBound...])) { try? store.removeTree(name) }
        }
    }

    private static let draftMark = ".draft-"
}
