import BuildPlanning
import Rendering

/// A line of a build's record, as another version of the program or a killed one may have left it.
enum EventTarget {
    static func check(_ bytes: [UInt8]) {
        for line in bytes.fields(separator: 0x0a) {
            guard let event = BuildEvent(jsonLine: line) else { continue }
            let written = event.json.bytes
            require(!written.contains(0x0a), "an event is one line")
            guard let again = BuildEvent(jsonLine: written) else {
                require(false, "what was written is read: \(written.text)")
                return
            }
            require(again == event, "what is read is what was written: \(written.text)")
            var renderer = LogRenderer(usesColor: true)
            _ = renderer.render(event)
        }
    }
}
