internal import Files

/// A buildspec before it is read: a file, or text that came from elsewhere.
struct BuildspecPlace {
    /// The name that the user would give it, for messages.
    let shownPath: String
    /// Absolute; `nil` for text.
    let file: String?
    /// Relative to the source, or `nil` when it is not one of its files: then its text goes into the container.
    let relativePath: String?
    private let text: [UInt8]?

    init(file: String, shownPath: String, relativePath: String?) {
        self.file = file
        self.shownPath = shownPath
        self.relativePath = relativePath
        text = nil
    }

    init(text: [UInt8], shownPath: String) {
        file = nil
        self.shownPath = shownPath
        relativePath = nil
        self.text = text
    }

    /// - Returns: `nil` when there is no such file.
    /// - Throws: ``Failure`` when it cannot be read.
    func read() throws -> [UInt8]? {
        guard let file else { return text }
        return Files.kind(of: file) == .file ? try Files.read(file) : nil
    }
}
