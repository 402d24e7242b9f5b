/// What a user asks of a build: the flags of `run` as they were typed, or as another command fills in those that it has.
///
/// What they mean together with the environment and the settings file is ``Settings``.
struct Asked: Codable, Sendable, Equatable {
    var path: String?
    var buildspec: String?
    var source: String?
    /// `ID=WHERE` of secondary sources. Records of older versions have none.
    var otherSources: [String]?
    /// The folder of a pipeline, and what an action of it is handed and hands on. Records of older versions have none.
    var pipeline: String?
    var inputs: [String]?
    var outputs: [String]?
    var namespace: String?
    var image: String?
    var env: [String] = []
    var envFile: [String] = []
    /// `FILE` or `FILE#NAME`. Records of older versions have neither this nor the parameters.
    var project: String?
    var parameter: [String]?
    /// `FILE`, `FILE#ID` or `-`; the batch's file; the log's file. Records of older versions have none.
    var fromBuild: String?
    /// Of one build of a batch: its identifier, and the environment type whose sizes count. Others have none.
    var batchIdentifier: String?
    var environmentType: String?
    var fromBatch: String?
    var cloudLog: String?
    var secrets: String?
    /// Records of older versions have none.
    var mask: String?
    var aws = false
    var awsLocal = false
    /// A profile, or `yes` for the CLI's own choice. Records of older versions have none.
    var awsCredentials: String?
    var account: String?
    var engine: String?
    var context: String?
    var pull: String?
    var platform: String?
    /// `ID=DIR`; records of older versions have none.
    var mount: [String]?
    /// A compute type of CodeBuild's, or `project`.
    var compute: String?
    var cpus: String?
    var memory: String?
    var privileged = false
    /// Records of older versions have none.
    var docker: String?
    var cache: String?
    var noCache = false
    /// Records of older versions have none.
    var cacheImages: Bool?
    /// Records of older versions have none.
    var spare: String?
    var profile: String?
    var region: String?
    var artifacts: String?
    var taskDefinition: String?
    var zip = false
    var offline = false
    var record = false
    var mirror: [String] = []
    var insecure = false
    var timeout: String?
    var engineTimeout: String?
    var logFormat: String?
    /// Records of older versions have none.
    var progress: String?
    var buildJson: String?
    /// Records of older versions have none.
    var html: String?
    /// Records of older versions have none.
    var failOn: String?
    /// Records of older versions have none.
    var junit: String?
    /// Records of older versions have none.
    var reports: String?
    /// Records of older versions have none.
    var annotate: String?
    var keep: String?
    var phase: String?
    var from: String?
    var until: String?
    var breaks: [String] = []
    var debugSession = false
    var checkpoint = false
    /// Records of older versions have none.
    var handOver: Bool?
    var step = false
    var strict = false
    var verbose = false

    /// What commands ask that mean a project alone.
    init(path: String? = nil) { self.path = path }
}
