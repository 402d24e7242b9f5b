internal import Files

/// The folder that the user wants report files in (`--reports`): it appears whole or not at all, and nothing that is there is
/// written over.
struct ReportFolder: Sendable {
    /// Absolute.
    let path: String
    /// What is filled until all is there: hidden, and beside it.
    let draft: String

    /// The folder that is filled already.
    fileprivate init(_ path: String, draft: String) {
        self.path = path
        self.draft = draft
    }

    /// - Throws: ``Failure`` when there is something already.
    init(_ absolute: String) throws {
        var path = absolute[...]
        while path.count > 1, path.last == "/" { path.removeLast() }
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        let above = String(path[..<slash]), prefix = ".\(path[path.index(after: slash)...]).draft-"
        self.path = String(path)
        draft = "\(above)/\(prefix)\(UniqueName.make())"
        try requireFree()
        // What programs have left that were killed.
        for name in try Folder.names(above.isEmpty ? "/" : above) where name.hasPrefix(prefix) {
            if UniqueName.isAbandoned(String(name.dropFirst(prefix.count))) { try Folder.remove("\(above)/\(name)") }
        }
    }

    /// Requires that nothing is there but an empty folder.
    private func requireFree() throws {
        guard Folder.exists(path) else { return }
        let isFolder = Files.kind(of: path) == .folder && Folder.linkTarget(path) == nil
        guard isFolder, try Folder.names(path).isEmpty else {
            throw Failure(
                .cannotWriteOutput,
                "cannot write the reports to `\(path)`: it is \(isFolder ? "not empty" : "no folder")",
                help: "--reports takes a folder that is new or empty: nothing that is there is written over")
        }
    }

    var hasFiles: Bool { Folder.exists(draft) }

    /// Puts the folder into its place.
    ///
    /// - Throws: ``FileError`` when something has come there meanwhile.
    func publish() throws { try Folder.move(draft, to: path, mode: 0o777) }

    /// Removes what was not put into its place.
    func remove() throws { try Folder.remove(draft) }
}

extension Project {
    /// The folder for the report files of one build; `nil` where nobody wants them. Each build of a batch has one below it.
    func reportFolder() throws -> ReportFolder? {
        guard let path = settings.output.reports else { return nil }
        return try ReportFolder(batchIdentifier.map { "\(path)/\($0)" } ?? path)
    }

    /// The same, which the build fills at a place that was chosen before.
    func reportFolder(filledAt draft: String?) throws -> ReportFolder? {
        guard let draft, let folder = try reportFolder() else { return nil }
        return ReportFolder(folder.path, draft: draft)
    }
}
