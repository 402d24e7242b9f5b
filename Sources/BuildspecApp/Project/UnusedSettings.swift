internal import BuildPlanning
internal import SpecParsing

extension Project {
    /// The settings of the project that decide nothing of a build here, sorted by their paths.
    var unusedSettings: [ProjectSettings.Unused] {
        (file.unused + decidedElsewhere).sorted { ($0.path, "\($0.location)") < ($1.path, "\($1.location)") }
    }

    /// The settings that are obeyed when a user asks for it, and were not asked for.
    private var decidedElsewhere: [ProjectSettings.Unused] {
        var unused: [ProjectSettings.Unused] = []
        func add(_ path: String, _ why: String, at location: SourceLocation?, isLabel: Bool = true) {
            guard let location else { return }
            unused.append(.init(path: path, why: why, location: location, isLabel: isLabel))
        }
        if !location.isOfProject {
            add(
                "sourceVersion", "the source is what lies in the folder; `--source git:sourceVersion` is that version",
                at: file.source.version?.location)
        }
        if !settings.decisions.contains(where: { $0.name == "compute" }) {
            add(
                "environment.computeType", "the build has what the engine has; `--compute project` gives it that size",
                at: file.compute.type?.location)
        }
        if let cache = file.cache, settings.cache.isUsed {
            let why: String? =
                switch cache.type {
                case .none: "a build with `cache.paths` has a cache here all the same; `--no-cache` leaves it out"
                case .local where !cache.modes.contains(.custom):
                    "a build with `cache.paths` has a cache here all the same; `--no-cache` leaves it out"
                case .local, .s3: nil
                }
            if let why { add("cache.type", why, at: file.cachePlace) }
        }
        for source in file.secondarySources where !others.contains(where: { $0.setting == source }) {
            add(
                "secondarySources.\(source.identifier?.value ?? "")",
                location.pipeline == nil
                    ? "`--source \(source.identifier?.value ?? "")=` leaves it out"
                    : "the sources of a pipeline's build are its inputs",
                at: source.identifier?.location, isLabel: false)
        }
        let mounted = Set(settings.container.mounts?.map(\.identifier) ?? [])
        for system in file.fileSystems where !mounted.contains(system.identifier) {
            add(
                "fileSystemLocations.\(system.identifier)",
                "nothing is at \(system.mountPoint); `--mount \(system.identifier)=DIR` puts a folder there",
                at: system.place, isLabel: false)
        }
        return unused
    }

    /// Says in one line which settings that may change a build in the service change none here.
    func sayUnusedSettings() {
        let names = unusedSettings.filter { !$0.isLabel }.map(\.path)
        guard !names.isEmpty else { return }
        machine.say(
            "not used of the project's settings: \(names.joined(separator: ", ")) (`buildspec plan` says why)\n")
    }
}
