internal import Artifacts
internal import BuildPlanning
internal import Files

/// A file of the container that is large enough to be asked about before it is copied.
struct LargeFile: Equatable {
    /// Relative to its base directory.
    let path: [UInt8]
    let byteCount: Int64
    /// The bytes that are no hole.
    let storedCount: Int64

    /// Reads the answer to the driver's order `large`.
    static func read(_ answer: [UInt8]) -> [LargeFile] {
        answer.split(separator: 0).compactMap { entry in
            guard let end = entry.firstIndex(of: 0x0a) else { return nil }
            let numbers = String(decoding: entry[..<end], as: UTF8.self).split(separator: " ").compactMap { Int64($0) }
            guard numbers.count == 3, case .success(let path) = RelativePath.normalized(Array(entry[(end + 1)...]))
            else { return nil }
            let stored = numbers[1].multipliedReportingOverflow(by: numbers[2])
            return LargeFile(
                path: path, byteCount: numbers[0],
                storedCount: stored.overflow ? numbers[0] : min(numbers[0], stored.partialValue))
        }
    }
}

/// Asks about the size of what is to be copied, before minutes are lost.
extension ArtifactStage {
    /// How many bytes of holes are copied as zeros, where they cannot stay holes.
    private static let holeLimit: Int64 = 32 << 30

    /// Chooses how the files come out of the container, and refuses what cannot come.
    ///
    /// - Throws: ``FileError`` when there is no room for them, or holes that would take hours.
    func carrier(of parts: [ArtifactPart], as identifier: String) async throws -> TarCarrier {
        let carrier = try await TarCarrier.quickest(context)
        var large: [LargeFile] = []
        for part in parts {
            let follows = part.listing.hasLinks && !part.selection.keepsLinks
            let answer = try await session.ask("large \(part.folder.shellQuoted) \(follows ? "-L" : "''")")
            let chosen = Set(part.selection.files.map(\.source))
            large += LargeFile.read(answer.bytes).filter { chosen.contains($0.path) }
        }
        guard let largest = large.max(by: { $0.byteCount < $1.byteCount }) else { return carrier }
        let all = Self.sum(large.map(\.byteCount)), stored = Self.sum(large.map(\.storedCount))
        let doing = "store the artifact `\(identifier)`", name = PathText.text(largest.path)
        let directory = context.job.surroundings.artifacts.directory.string
        if let free = Folder.freeBytes(at: directory), stored > free {
            throw FileError(
                .cannotWrite, doing: doing,
                reason:
                    "its files have \(Self.gigabytes(stored)) (`\(name)` \(Self.gigabytes(largest.storedCount))), and "
                    + "`\(directory)` has room for \(Self.gigabytes(free))")
        }
        let isZip = forms.isZip(identifier)
        if all - stored > Self.holeLimit, isZip || !carrier.keepsHoles {
            let why = isZip ? "a zip has no holes" : "this container has no GNU tar that could keep its holes"
            throw FileError(
                .refused, doing: doing,
                reason: "`\(name)` has \(Self.gigabytes(largest.byteCount)), of which "
                    + "\(Self.gigabytes(largest.storedCount)) are no hole, and \(why): leave it out by `exclude-paths`")
        }
        if (carrier.keepsHoles ? stored : all) > Self.holeLimit {
            try await sink.send(
                .notice(
                    text:
                        "artifact \(identifier): `\(name)` has \(Self.gigabytes(largest.byteCount)); it may take a while"
                ))
        }
        return carrier
    }

    /// The sum, as far as it can be told: the sizes of files of holes have no bound.
    private static func sum(_ counts: [Int64]) -> Int64 {
        counts.reduce(0) { sum, count in
            let (more, isTooMuch) = sum.addingReportingOverflow(count)
            return isTooMuch ? .max : more
        }
    }

    private static func gigabytes(_ bytes: Int64) -> String {
        let tenths = bytes / 100_000_000
        return "\(tenths / 10).\(tenths % 10) GB"
    }
}
