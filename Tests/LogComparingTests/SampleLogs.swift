/// Logs in the service's form, with the values of no real build.
enum SampleLogs {
    /// A failing build as the cloud tells it: runtime installed, another source folder, other ids and times.
    static let cloud = """
        [Container] 2026/07/04 14:25:39.684611 Running on CodeBuild On-demand
        [Container] 2026/07/04 14:25:39.684624 Waiting for agent ping
        [Container] 2026/07/04 14:25:39.886269 Waiting for DOWNLOAD_SOURCE
        [Container] 2026/07/04 14:25:40.850365 Phase is DOWNLOAD_SOURCE
        [Container] 2026/07/04 14:25:40.851702 CODEBUILD_SRC_DIR=/codebuild/output/src2740/src/github.com/acme/app
        [Container] 2026/07/04 14:25:40.852929 YAML location is /codebuild/output/src2740/src/github.com/acme/app/buildspec.yml
        [Container] 2026/07/04 14:25:40.856012 Setting HTTP client timeout to higher timeout for Github and GitHub Enterprise sources
        [Container] 2026/07/04 14:25:40.856098 Processing environment variables
        [Container] 2026/07/04 14:25:41.086329 Selecting 'python' runtime version '3.11' based on manual selections...
        [Container] 2026/07/04 14:25:41.087323 Running command echo "Installing Python version 3.11 ..."
        Installing Python version 3.11 ...

        [Container] 2026/07/04 14:25:41.671635 Moving to directory /codebuild/output/src2740/src/github.com/acme/app
        [Container] 2026/07/04 14:25:41.671663 Cache is not defined in the buildspec
        [Container] 2026/07/04 14:25:41.711679 Skip cache due to: no paths specified to be cached
        [Container] 2026/07/04 14:25:41.711945 Registering with agent
        [Container] 2026/07/04 14:25:41.746663 Phases found in YAML: 2
        [Container] 2026/07/04 14:25:41.746690  BUILD: 2 commands
        [Container] 2026/07/04 14:25:41.746685  INSTALL: 1 commands
        [Container] 2026/07/04 14:25:41.746993 Phase complete: DOWNLOAD_SOURCE State: SUCCEEDED
        [Container] 2026/07/04 14:25:41.747006 Phase context status code:  Message:\u{20}
        [Container] 2026/07/04 14:25:41.856546 Entering phase INSTALL
        [Container] 2026/07/04 14:25:41.895116 Running command make deps
        deps for build app:0b5c2a7e-1111-2222-3333-444455556666
        fetched in 12.5s from 111122223333.dkr.ecr.eu-west-1.amazonaws.com

        [Container] 2026/07/04 14:26:23.404765 Phase complete: INSTALL State: SUCCEEDED
        [Container] 2026/07/04 14:26:23.404789 Phase context status code:  Message:\u{20}
        [Container] 2026/07/04 14:26:23.495522 Entering phase BUILD
        [Container] 2026/07/04 14:26:23.496863 Running command cd src

        [Container] 2026/07/04 14:26:23.503069 Running command make check
        cc -c /codebuild/output/src2740/src/github.com/acme/app/src/a.c
        a.c:3: error: unknown type
        1 check of 7 failed at 14:26:27
        see arn:aws:s3:::acme-out/app
        total: 1

        [Container] 2026/07/04 14:26:27.804075 Command did not exit successfully make check exit status 6
        [Container] 2026/07/04 14:26:27.810037 Phase complete: BUILD State: FAILED
        [Container] 2026/07/04 14:26:27.810073 Phase context status code: COMMAND_EXECUTION_ERROR Message: Error while executing command: make check. Reason: exit status 6
        [Container] 2026/07/04 14:26:27.852131 Entering phase POST_BUILD
        [Container] 2026/07/04 14:26:27.855069 Phase complete: POST_BUILD State: SUCCEEDED
        [Container] 2026/07/04 14:26:27.855082 Phase context status code:  Message:\u{20}
        [Container] 2026/07/04 14:26:27.904480 Expanding base directory path: .
        [Container] 2026/07/04 14:26:27.904480 Found 1 file(s)
        [Container] 2026/07/04 14:26:27.914480 Set report auto-discover timeout to 5 seconds
        [Container] 2026/07/04 14:26:27.922926 No matching auto-discover report paths found
        [Container] 2026/07/04 14:26:27.922944 Report auto-discover file discovery took 0.008463 seconds
        [Container] 2026/07/04 14:26:27.922969 Phase complete: UPLOAD_ARTIFACTS State: SUCCEEDED
        [Container] 2026/07/04 14:26:27.922986 Phase context status code:  Message:\u{20}

        """

    /// The same build as `buildspec` logs it.
    static let local = """
        [Container] 2026/11/25 08:00:01.684611 Running on buildspec 0.1.0
        [Container] 2026/11/25 08:00:01.684624 Waiting for agent ping
        [Container] 2026/11/25 08:00:01.886269 Waiting for DOWNLOAD_SOURCE
        [Container] 2026/11/25 08:00:02.850365 Phase is DOWNLOAD_SOURCE
        [Container] 2026/11/25 08:00:02.851702 CODEBUILD_SRC_DIR=/codebuild/output/src9876543210/src
        [Container] 2026/11/25 08:00:02.852929 YAML location is /codebuild/output/src9876543210/src/buildspec.yml
        [Container] 2026/11/25 08:00:02.856012 Setting HTTP client timeout to higher timeout for S3 source
        [Container] 2026/11/25 08:00:02.856098 Processing environment variables
        [Container] 2026/11/25 08:00:02.086329 Skipping install of runtimes. Runtime version selection is not supported by this build image
        [Container] 2026/11/25 08:00:02.671635 Moving to directory /codebuild/output/src9876543210/src
        [Container] 2026/11/25 08:00:02.671663 Expanded cache path /root/.cache
        [Container] 2026/11/25 08:00:02.711679 Downloading local cache...
        [Container] 2026/11/25 08:00:02.711945 Registering with agent
        [Container] 2026/11/25 08:00:02.746663 Phases found in YAML: 2
        [Container] 2026/11/25 08:00:02.746685  INSTALL: 1 commands
        [Container] 2026/11/25 08:00:02.746690  BUILD: 2 commands
        [Container] 2026/11/25 08:00:02.746993 Phase complete: DOWNLOAD_SOURCE State: SUCCEEDED
        [Container] 2026/11/25 08:00:02.747006 Phase context status code:  Message:\u{20}
        [Container] 2026/11/25 08:00:02.856546 Entering phase INSTALL
        [Container] 2026/11/25 08:00:02.895116 Running command make deps
        deps for build source:77777777-aaaa-bbbb-cccc-444455556666
        fetched in 2s from 000000000000.dkr.ecr.us-east-1.amazonaws.com

        [Container] 2026/11/25 08:00:03.404765 Phase complete: INSTALL State: SUCCEEDED
        [Container] 2026/11/25 08:00:03.404789 Phase context status code:  Message:\u{20}
        [Container] 2026/11/25 08:00:03.495522 Entering phase BUILD
        [Container] 2026/11/25 08:00:03.496863 Running command cd src

        [Container] 2026/11/25 08:00:03.503069 Running command make check
        cc -c /codebuild/output/src9876543210/src/src/a.c
        a.c:3: error: unknown type
        1 check of 7 failed at 08:00:03
        see arn:aws:s3:::local/app
        total: 1

        [Container] 2026/11/25 08:00:04.804075 Command did not exit successfully make check exit status 6
        [Container] 2026/11/25 08:00:04.810037 Phase complete: BUILD State: FAILED
        [Container] 2026/11/25 08:00:04.810073 Phase context status code: COMMAND_EXECUTION_ERROR Message: Error while executing command: make check. Reason: exit status 6
        [Container] 2026/11/25 08:00:04.852131 Entering phase POST_BUILD
        [Container] 2026/11/25 08:00:04.855069 Phase complete: POST_BUILD State: SUCCEEDED
        [Container] 2026/11/25 08:00:04.855082 Phase context status code:  Message:\u{20}
        [Container] 2026/11/25 08:00:04.904480 Expanding base directory path: .
        [Container] 2026/11/25 08:00:04.904480 Found 1 file(s)
        [Container] 2026/11/25 08:00:04.914480 Set report auto-discover timeout to 5 seconds
        [Container] 2026/11/25 08:00:04.922926 Found 3 file(s)
        [Container] 2026/11/25 08:00:04.922944 Report auto-discover file discovery took 0.000463 seconds
        [Container] 2026/11/25 08:00:04.922969 Phase complete: UPLOAD_ARTIFACTS State: SUCCEEDED
        [Container] 2026/11/25 08:00:04.922986 Phase context status code:  Message:\u{20}

        """
}
