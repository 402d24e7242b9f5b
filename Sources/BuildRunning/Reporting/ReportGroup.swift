internal import BuildPlanning
internal import SpecParsing

/// A report group of a build, with the names that the service has for it.
struct ReportGroup {
    /// `‹project›-‹name›`
    let name: String
    let arn: String
    /// The ARN of the build's one report in the group.
    let reportARN: String

    /// Names a group by its key in the buildspec: a name, or the ARN of a group that may belong to another project
    /// (CODEBUILD-2026 C.1).
    ///
    /// In a build of a fanout the name ends with the build's number (D.3).
    ///
    /// - Parameter key: with its variables expanded.
    init(key: String, _ recipe: BuildRecipe) {
        let id = recipe.plan.id, shard = BatchPlan.shardNumber(in: recipe.plan.variables)
        func ofShard(_ name: String) -> String { shard.map { ReportMerging.shardName(name, $0) } ?? name }
        if key.hasPrefix("arn:"), let slash = key.firstIndex(of: "/") {
            name = ofShard(String(key[key.index(after: slash)...]))
            arn = "\(key[...slash])\(name)"
            let head = key[..<slash]
            let base = head.hasSuffix(":report-group") ? String(head.dropLast("-group".count)) : String(head)
            reportARN = "\(base)/\(name):\(id.uuid)"
        } else {
            name = ofShard("\(id.project)-\(key)")
            let prefix = "arn:aws:codebuild:\(recipe.network.region):\(recipe.network.account)"
            arn = "\(prefix):report-group/\(name)"
            reportARN = "\(prefix):report/\(name):\(id.uuid)"
        }
    }

    /// The group of the reports of a format that nobody names in the buildspec.
    init(discovered format: String, _ recipe: BuildRecipe) { self.init(key: "\(format)-AutoDiscovered", recipe) }

    /// Why the service would refuse the name, or `nil` [doc: 2 to 128 characters].
    var problem: String? {
        (2...128).contains(name.count) ? nil : "its name has \(name.count) characters, CodeBuild takes 2 to 128"
    }
}
