extension BuildSpec {
    /// The `batch` section: several builds from one file (CODEBUILD.md 9). An ordinary build ignores it.
    public struct Batch: Sendable, Equatable {
        /// The type of a batch, by its key in the file.
        public enum Kind: String, Sendable, Codable {
            case graph = "build-graph"
            case list = "build-list"
            case matrix = "build-matrix"
            case fanout = "build-fanout"
        }

        public let type: Kind
        /// The place of the key.
        public let location: SourceLocation
        /// Whether one failed build stops the others.
        public let fastFail: Bool
        /// The builds of a graph or a list, in the order of the file. Identifiers are unique, dependencies exist, and
        /// there are no cycles.
        public let builds: [Build]
        public let matrix: Matrix?
        public let fanout: Fanout?

        /// One build of a graph or a list.
        public struct Build: Sendable, Equatable {
            public let identifier: Located<String>
            /// The path or the text of a buildspec; `nil` for this file.
            public let buildspec: Located<String>?
            /// The identifiers of the builds to wait for; empty in a list.
            public let dependsOn: [Located<String>]
            public let env: Env
            /// Whether the batch can succeed although such a build fails.
            public let ignoreFailure: Bool
            /// Whether the build can be paused for debugging.
            public let debugSession: Bool
        }

        /// The environment of a build in the batch, which overrides the settings of the project.
        public struct Env: Sendable, Equatable {
            public let computeType: Located<String>?
            public let fleet: Located<String>?
            public let image: Located<String>?
            public let type: Located<String>?
            public let privilegedMode: Located<Bool>?
            public let variables: [Variable]
        }

        /// A matrix, whose builds are the Cartesian product of the dimensions that are not empty.
        public struct Matrix: Sendable, Equatable {
            /// Whether the batch can succeed although such a build fails.
            public let ignoreFailure: Bool
            /// The environment that all builds share.
            public let env: Env
            public let buildspecs: [Located<String>]
            public let images: [Located<String>]
            public let computeTypes: [Located<String>]
            public let fleets: [Located<String>]
            public let variables: [Dimension]

            /// One variable with its values.
            public struct Dimension: Sendable, Equatable {
                public let name: String
                public let values: [Located<String>]
                /// The place of the key.
                public let location: SourceLocation
            }
        }

        /// A number of identical builds.
        public struct Fanout: Sendable, Equatable {
            public let parallelism: Located<Int>
            /// Whether the batch can succeed although such a build fails.
            public let ignoreFailure: Bool
        }
    }
}
