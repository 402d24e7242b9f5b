import BuildPlanning

@testable import SpecParsing

/// The small grammars of values: secrets, parameters, buildspecs, builds and places in them.
enum ReferenceTarget {
    static func check(_ bytes: [UInt8]) {
        let text = bytes.text
        checkSecret(text)
        checkParameter(text)
        _ = BuildspecReference(text)
        if let point = ResumePoint(text) {
            require(ResumePoint(point.description) == point, "a place is read as it is written: \(point)")
        }
        if let id = BuildID(text) { require(id.description == text, "a build's id is read as it is written") }
        if let location = SourceLocation(text) {
            require(SourceLocation(location.description) == location, "a location is read as it is written")
        }
        if let time = Timestamp(rfc3339: text) {
            require(Timestamp(rfc3339: time.rfc3339) == time, "a time is read as it is written: \(time.rfc3339)")
        }
    }

    private static func checkSecret(_ text: String) {
        do throws(ReferenceProblem) {
            let reference = try SecretReference(text)
            let fields = [reference.id, reference.jsonKey, reference.versionStage, reference.versionID]
            check(text, fields.map { $0 ?? "" }, mayHoldBlanks: 1)
            let idColons = text.utf8.starts(with: "arn:".utf8) ? 6 : 0
            require(colons(in: reference.id) == idColons, "a secret's id has its own colons: \(text)")
            for field in fields.dropFirst() { require(colons(in: field ?? "") == 0, "a field has no colon: \(text)") }
        } catch { check(error) }
    }

    private static func checkParameter(_ text: String) {
        do throws(ReferenceProblem) {
            let reference = try ParameterReference(text)
            check(text, [reference.name, reference.selector ?? ""])
            let nameColons = text.utf8.starts(with: "arn:".utf8) ? 5 : 0
            require(colons(in: reference.name) == nameColons, "a parameter's name has its own colons: \(text)")
        } catch { check(error) }
    }

    /// Nothing of a reference is lost or made up, and nothing of it looks like a flag to the AWS CLI.
    ///
    /// - Parameter place: the number of the field that is never part of a request, and may hold blanks.
    private static func check(_ text: String, _ fields: [String], mayHoldBlanks place: Int? = nil) {
        require(
            withoutColonsAtEnd(text).elementsEqual(withoutColonsAtEnd(fields.joined(separator: ":"))),
            "the fields are the text: \(text)")
        for (number, field) in fields.enumerated() {
            let least: UInt8 = number == place ? 0x20 : 0x21
            require(!field.utf8.contains { $0 < least || $0 == 0x7f }, "no control characters: \(text)")
        }
        require(text.utf8.first != UInt8(ascii: "-"), "no flag: \(text)")
    }

    private static func check(_ problem: ReferenceProblem) {
        require(!problem.message.isEmpty, "a problem has words")
        require(!problem.message.utf8.contains { $0 < 0x20 || $0 == 0x7f }, "a message is one line: \(problem)")
    }

    private static func colons(in text: String) -> Int { text.utf8.count { $0 == UInt8(ascii: ":") } }

    private static func withoutColonsAtEnd(_ text: String) -> [UInt8] {
        var bytes = Array(text.utf8)
        while bytes.last == UInt8(ascii: ":") { bytes.removeLast() }
        return bytes
    }
}
