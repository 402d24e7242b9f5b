internal import CExpat

/// Reads XML that comes in pieces, in memory that does not grow with the file.
///
/// A document type is accepted and never fetched, and neither is anything else that the file refers to. expat itself ends a
/// file whose entities blow up.
final class XMLStream {
    /// Chooses what reads the elements, by the root; or throws what is wrong with that.
    typealias Choose = (_ root: String, _ attributes: XMLAttributes) throws -> any XMLReading

    private let parser: XML_Parser
    private let choose: Choose
    private var reading: (any XMLReading)?
    private var depth = 0
    private var entities = 0
    private var failure: (any Error)?
    /// Whether expat tells of text, which costs a call for each line of it.
    private var takesText = false
    /// Bytes that expat has not been given.
    private var waiting: [UInt8] = []
    /// How many bytes have to wait before expat gets them.
    private var wanted = step
    private var given = 0

    private static let step = 1 << 16
    private let handed: UnsafeMutablePointer<Handed>

    /// What expat hands to each call: the stream, and text that waits for the next element. expat tells of each line of a text, and of
    /// its end, by itself: they are put together without a look at the object.
    private struct Handed {
        static let room = 1 << 14
        let stream: Unmanaged<XMLStream>
        let text = UnsafeMutablePointer<UInt8>.allocate(capacity: room)
        var count = 0
    }

    init(choose: @escaping Choose) throws(ReportProblem) {
        guard let parser = XML_ParserCreate(nil) else { throw .outOfMemory }
        self.parser = parser
        self.choose = choose
        handed = .allocate(capacity: 1)
        handed.initialize(to: Handed(stream: .passUnretained(self)))
        // Ten times what the file has, once it is more than a megabyte.
        XML_SetBillionLaughsAttackProtectionMaximumAmplification(parser, 10)
        XML_SetBillionLaughsAttackProtectionActivationThreshold(parser, 1 << 20)
        let me = UnsafeMutableRawPointer(handed)
        XML_SetUserData(parser, me)
        XML_SetElementHandler(
            parser, { XMLStream.from($0)?.start($1, $2) }, { user, name in XMLStream.from(user)?.end(name) })
        XML_SetEntityDeclHandler(parser) { user, _, _, _, _, _, _, _, _ in XMLStream.from(user)?.countEntity() }
        XML_SetExternalEntityRefHandlerArg(parser, me)
        XML_SetExternalEntityRefHandler(parser) { argument, _, _, _, _ in
            XMLStream.from(argument.map { UnsafeMutableRawPointer($0) })?.refuseExternal()
            return 0
        }
    }

    deinit {
        XML_ParserFree(parser)
        handed.pointee.text.deallocate()
        handed.deallocate()
    }

    /// Whether the root element has come, and is one that is read.
    var hasRoot: Bool { reading != nil }

    private static func from(_ user: UnsafeMutableRawPointer?) -> XMLStream? {
        user.map { $0.assumingMemoryBound(to: Handed.self).pointee.stream.takeUnretainedValue() }
    }

    func feed(_ bytes: UnsafeRawBufferPointer) throws {
        if waiting.isEmpty, bytes.count >= wanted { return try parse(bytes, isLast: false) }
        waiting.append(contentsOf: bytes)
        if waiting.count >= wanted { try parseWaiting(isLast: false) }
    }

    func finish() throws {
        guard given + waiting.count > 0 else { throw ReportProblem.empty }
        try parseWaiting(isLast: true)
    }

    private func parseWaiting(isLast: Bool) throws {
        let bytes = waiting
        waiting.removeAll(keepingCapacity: true)
        try bytes.withUnsafeBytes { try parse($0, isLast: isLast) }
    }

    private func parse(_ bytes: UnsafeRawBufferPointer, isLast: Bool) throws {
        // expat counts in 32 bits, and the last piece may be empty.
        var rest = bytes
        repeat {
            let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 20))
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(piece.count))
            let before = XML_GetCurrentByteIndex(parser)
            given += piece.count
            let status = XML_Parse(
                parser, piece.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(piece.count),
                isLast && rest.isEmpty ? 1 : 0)
            if let failure { throw failure }
            guard status == XML_STATUS_OK else { throw problem() }
            // What expat has not come to the end of, it begins again with the next piece: a long name or attribute in short
            // pieces would take the square of its length.
            let reached = Int(XML_GetCurrentByteIndex(parser))
            wanted = reached > Int(before) ? Self.step : min(wanted * 2, 1 << 20)
            guard given - max(reached, 0) <= ReadingLimits.token else {
                throw ReportProblem(
                    .tooLarge, "a name, attribute or comment has more than \(ReadingLimits.token >> 20) MB, at \(place)"
                )
            }
        } while !rest.isEmpty
    }

    private var place: String {
        "line \(XML_GetCurrentLineNumber(parser)), column \(XML_GetCurrentColumnNumber(parser) + 1)"
    }

    private func problem() -> ReportProblem {
        let code = XML_GetErrorCode(parser)
        switch code {
        case XML_ERROR_NO_MEMORY: return .outOfMemory
        case XML_ERROR_AMPLIFICATION_LIMIT_BREACH:
            return ReportProblem(.tooLarge, "its entities blow up, at \(place)")
        case XML_ERROR_UNKNOWN_ENCODING, XML_ERROR_INCORRECT_ENCODING:
            return ReportProblem(
                .malformed,
                "its encoding is none of UTF-8, UTF-16, ISO-8859-1 and US-ASCII, or another one than it says")
        case XML_ERROR_NO_ELEMENTS, XML_ERROR_UNCLOSED_TOKEN, XML_ERROR_PARTIAL_CHAR, XML_ERROR_UNCLOSED_CDATA_SECTION:
            return .truncated(place)
        default:
            let words = XML_ErrorString(code).map { String(cString: $0) } ?? "error \(code.rawValue)"
            return ReportProblem(.malformed, "the XML is wrong at \(place): \(words)")
        }
    }

    // MARK: what expat tells

    private func start(_ name: UnsafePointer<CChar>?, _ pairs: UnsafeMutablePointer<UnsafePointer<CChar>?>?) {
        guard failure == nil, let name = name.map({ XMLName($0) }) else { return }
        depth += 1
        guard depth <= ReadingLimits.depth else {
            return fail(
                ReportProblem(.tooLarge, "elements are nested more than \(ReadingLimits.depth) deep, at \(place)"))
        }
        flushText()
        let attributes = XMLAttributes(pairs)
        do {
            let reading = try reading ?? choose(name.text, attributes)
            self.reading = reading
            try reading.start(name, attributes)
            takeText(reading.wantsText)
        } catch { fail(error) }
    }

    private func end(_ name: UnsafePointer<CChar>?) {
        guard failure == nil, let name = name.map({ XMLName($0) }), let reading else { return }
        depth -= 1
        flushText()
        do {
            try reading.end(name)
            takeText(reading.wantsText)
        } catch { fail(error) }
    }

    private func takeText(_ wanted: Bool) {
        guard wanted != takesText else { return }
        takesText = wanted
        XML_SetCharacterDataHandler(
            parser, wanted ? { user, piece, count in XMLStream.add(piece, Int(count), to: user) } : nil)
    }

    private static func add(_ piece: UnsafePointer<CChar>?, _ count: Int, to user: UnsafeMutableRawPointer?) {
        guard let handed = user?.assumingMemoryBound(to: Handed.self), let piece else { return }
        if handed.pointee.count + count > Handed.room { from(user)?.flushText() }
        guard count <= Handed.room else {
            from(user)?.give(UnsafeRawBufferPointer(start: piece, count: count))
            return
        }
        UnsafeMutableRawPointer(handed.pointee.text + handed.pointee.count).copyMemory(from: piece, byteCount: count)
        handed.pointee.count += count
    }

    /// Gives on the text that waits.
    private func flushText() {
        guard handed.pointee.count > 0 else { return }
        give(UnsafeRawBufferPointer(start: handed.pointee.text, count: handed.pointee.count))
        handed.pointee.count = 0
    }

    private func give(_ text: UnsafeRawBufferPointer) {
        guard failure == nil else { return }
        reading?.text(text)
    }

    private func countEntity() {
        entities += 1
        if entities > ReadingLimits.entities {
            fail(ReportProblem(.tooLarge, "it declares more than \(ReadingLimits.entities) entities"))
        }
    }

    private func refuseExternal() {
        fail(ReportProblem(.external, "it refers to something outside of the file, which is not fetched, at \(place)"))
    }

    private func fail(_ error: any Error) {
        guard failure == nil else { return }
        failure = error
        XML_StopParser(parser, 0)
    }
}
