internal import Files
internal import SourceSnapshots

/// Where a source comes from: a folder as it lies there, what git has of it, or an archive.
struct SourcePlace: Sendable, Equatable {
    /// The absolute path of the folder or the archive.
    let path: String
    /// The part that is asked for, where somebody said so.
    let kind: SourceKind?
    let isArchive: Bool
    /// Whether a pipeline hands it over: files alone, without the `.git` of a repository.
    private(set) var isHandedOver = false

    /// - Parameter path: the absolute path of a folder.
    init(folder path: String, kind: SourceKind? = nil, isHandedOver: Bool = false) {
        self.path = path
        self.kind = kind
        self.isHandedOver = isHandedOver
        isArchive = false
    }

    /// - Parameter path: the absolute path of a file.
    init(archive path: String) {
        self.path = path
        kind = nil
        isArchive = true
    }

    /// Reads what a user wrote: a folder, `FOLDER#git:REV`, an archive, or `git:REV` of `folder`.
    ///
    /// - Throws: ``Failure`` (66) when there is no such folder or file.
    init(_ text: String, of folder: String, _ places: Places) throws {
        if let kind = SourceKind(text) {
            self.init(folder: folder, kind: kind)
            return
        }
        let whole = places.absolute(text)
        switch Files.kind(of: whole) {
        case .folder: self.init(folder: whole)
        case .file: self.init(archive: whole)
        case .other, nil:
            guard let sign = text.ranges(of: "#git:").last, sign.lowerBound > text.startIndex,
                let kind = SourceKind(String(text[text.index(after: sign.lowerBound)...])),
                Files.kind(of: places.absolute(String(text[..<sign.lowerBound]))) == .folder
            else {
                throw Failure(
                    .noSuchFile, "cannot find the source folder `\(whole)`",
                    help: "a source is a folder, FOLDER#git:REV, git:REV of the project's folder, or a zip")
            }
            self.init(folder: places.absolute(String(text[..<sign.lowerBound])), kind: kind)
        }
    }

    var handedOver: SourcePlace {
        var place = self
        place.isHandedOver = true
        return place
    }

    /// Whether the source is what git has, whatever lies around in the folder.
    var isReadFromGit: Bool {
        switch kind {
        case .index, .revision: true
        case .worktree, .folder, nil: false
        }
    }

    /// Whether the source is what lies in the folder, which may change.
    var isLive: Bool { !isArchive && !isReadFromGit }

    /// Whether git has to be asked at all: the source is in a repository, or is said to be. Nothing in an archive is ever
    /// handed to git, which runs programs that a repository's settings name.
    var asksGit: Bool {
        if let kind { return kind != .folder }
        guard !isArchive else { return false }
        var path = Substring(self.path)
        while true {
            if Files.kind(of: "\(path)/.git") != nil { return true }
            guard let slash = path.lastIndex(of: "/") else { return false }
            path = path[..<slash]
        }
    }

    /// The path of a file within the folder; `nil` for one that lies outside.
    func relative(_ file: String) -> String? {
        file.hasPrefix(path + "/") ? String(file.dropFirst(path.count + 1)) : nil
    }

    /// The place in the words of `--source`.
    var words: String { path + (kind.map { "#\($0)" } ?? "") }
}
