public import BuildPlanning

/// The builds of a project as one HTML page, which a server shows and which follows them.
public struct HistoryPage: Sendable {
    /// A build of the list.
    public struct Build: Sendable {
        let result: BuildResult
        let uuid: String

        public init(_ result: BuildResult, uuid: String) {
            self.result = result
            self.uuid = uuid
        }
    }

    private let title: String
    private let builds: [Build]
    /// Whether there are older builds than these.
    private let hasMore: Bool

    /// - Parameters:
    ///   - title: what the builds are of.
    ///   - builds: the newest first. Each has its page at `builds/UUID/`, relative to this one's address.
    public init(_ title: String, _ builds: [Build], hasMore: Bool) {
        self.title = title
        self.builds = builds
        self.hasMore = hasMore
    }

    /// The page.
    public var html: [UInt8] {
        var page = Markup()
        page.element("html", ["lang": "en"]) { page in
            page.head(title: "Builds of \(title.cut(200))", connects: true)
            page.element("body", ["data-changes": "changes"]) { page in
                page.element("header") { $0.element("h1", text: "Builds of \(title.cut(300))") }
                page.element("main") { page in
                    page.element("section", ["id": "builds", "aria-label": "Builds"]) { list(&$0) }
                }
                page.element("footer") { page in
                    page.element("p", ["class": "soft"], text: "Shown by buildspec view. Times are UTC.")
                    page.element("p", ["id": "connection", "role": "status"], text: "")
                }
                page.script(PageScript.text)
            }
        }
        page.text("\n")
        return page.bytes
    }

    private func list(_ page: inout Markup) {
        guard !builds.isEmpty else { return page.element("p", text: "There is no build yet.") }
        page.element("table") { page in
            page.element("thead") { page in
                page.element("tr") { page in
                    for name in ["Build", "Status", "Begun", "Time", "Failed tests", "Tree", "Project"] {
                        page.element("th", ["scope": "col"], text: name)
                    }
                }
            }
            page.element("tbody") { page in
                for build in builds { row(build, &page) }
            }
        }
        if hasMore { page.element("p", text: "Older builds are not listed.") }
    }

    private func row(_ build: Build, _ page: inout Markup) {
        let result = build.result, isGood = result.status == .succeeded
        page.element("tr") { page in
            page.element("th", ["scope": "row"]) { page in
                page.element(
                    "a", ["href": "builds/\(build.uuid)/", "id": "b-\(build.uuid)"], text: String(build.uuid.prefix(8)))
            }
            page.element(
                "td", ["class": isGood ? "good" : result.status == .inProgress ? "soft" : "bad"],
                text: result.status.rawValue)
            page.element("td", text: (result.startTime?.rfc3339.prefix(19)).map(String.init) ?? "")
            page.element("td", ["class": "number"], text: result.runningTime?.spanWords ?? "")
            let failures = result.reports.compactMap(\.testSummary).map(\.failures)
            page.element("td", ["class": "number"], text: failures.isEmpty ? "" : "\(failures.reduce(0, +))")
            page.element("td") { page in
                page.element("code", text: String((result.start?.snapshot?.tree ?? "").prefix(10)))
            }
            page.element("td", text: (result.start?.id.project ?? "").cut(200))
        }
    }
}

extension Markup {
    /// Writes the head of a page.
    mutating func head(title: String, connects: Bool) {
        element("head") { page in
            page.empty("meta", ["charset": "utf-8"])
            page.empty(
                "meta",
                ["http-equiv": "Content-Security-Policy", "content": PageStyle.policy(connects: connects)])
            page.empty("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"])
            page.empty("meta", ["name": "referrer", "content": "no-referrer"])
            page.element("title", text: title)
            page.style(PageStyle.sheet)
        }
    }
}
