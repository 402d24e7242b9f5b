internal import Caches
internal import BuildRunning
internal import Files

/// The driver and the programs of `/codebuild/user/bin` as files of the user's cache, to be mounted into containers.
enum ProgramFolder {
    /// - Returns: a folder named for what is in it, made when it is not there; `nil` when it cannot be: the texts then go in
    ///   another way.
    static func make(_ places: Places) -> String? {
        let name = CacheKey.digest(of: [driverText, buildProgramsText])
        let folder = "\(places.cache)/programs/\(name.prefix(16))"
        if Files.kind(of: "\(folder)/driver.sh") == .file { return folder }
        let draft = "\(folder).\(UniqueName.make())"
        do {
            try Folder.make("\(draft)/bin")
            for name in buildProgramNames {
                try Folder.replace("\(draft)/bin/\(name)", with: Array(buildProgramsText.utf8), mode: 0o755)
                chmod("\(draft)/bin/\(name)", 0o755)
            }
            try Folder.replace("\(draft)/driver.sh", with: Array(driverText.utf8), mode: 0o644)
            // A build as any user may run them, whatever our umask says.
            for file in [draft, "\(draft)/bin"] { chmod(file, 0o755) }
            chmod("\(draft)/driver.sh", 0o644)
            // Another run may have been faster; its folder has the same content.
            if rename(draft, folder) != 0 { try? Folder.remove(draft) }
            return Files.kind(of: "\(folder)/driver.sh") == .file ? folder : nil
        } catch {
            try? Folder.remove(draft)
            return nil
        }
    }
}
