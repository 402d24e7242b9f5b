extension Markup {
    /// A table of source files with their coverage, closed at first.
    mutating func files(_ files: [CoveredFile]) {
        element("details") { page in
            page.element("summary", text: "By file")
            page.element("table") { page in
                page.element("thead") { page in
                    page.element("tr") { page in
                        for name in ["File", "Lines", "Branches", "Missed lines"] {
                            page.element("th", ["scope": "col"], text: name)
                        }
                    }
                }
                page.element("tbody") { page in
                    for file in files {
                        page.element("tr") { page in
                            page.element("th", ["scope": "row"], text: file.filePath.cut(500))
                            page.element("td", text: file.lineCoveragePercentage.map { "\($0) %" } ?? "")
                            page.element("td", text: file.branchCoveragePercentage.map { "\($0) %" } ?? "")
                            page.element("td", text: "\(file.linesMissed)")
                        }
                    }
                }
            }
            if files.count >= BuildPage.fileLimit {
                page.element("p", text: "Only the first \(BuildPage.fileLimit) files are listed.")
            }
        }
    }
}
