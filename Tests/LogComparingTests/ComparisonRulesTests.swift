@testable import LogComparing
import Testing

@Suite struct ComparisonRulesTests {
    private let rules = ComparisonRules(sourceDirectory: "/codebuild/output/src1/src/github.com/a/b")

    @Test(
        "two runs of one build print these, each its own way",
        arguments: [
            ("2026-07-04T14:25:39.684Z start", "2025-01-01T00:00:00.1+02:00 start"),
            ("2026/07/04 14:25:39 start", "2025/01/01 00:00:00 start"), ("built 2026-07-04", "built 2025-01-01"),
            ("Wed Nov 25 09:07:36 UTC 2026", "Mon Jul  6 10:00:00 CEST 2026"),
            ("Sat, 04 Jul 2026 14:25:39 GMT", "Sun, 05 Jul 2026 01:02:03 GMT"),
            ("[INFO] Total time:  12.345 s", "[INFO] Total time:  01:23 min"),
            ("Tests run: 3, Time elapsed: 0.052 s - in A", "Tests run: 3, Time elapsed: 12 s - in A"),
            ("added 120 packages in 5s", "added 120 packages in 850ms"), ("real 0m1.234s", "real 12m0.5s"),
            ("started at 1783175139", "started at 1683175139.25"), ("start 1783175139684 ms", "start 1783175139685 ms"),
            ("at 12.5 MB/s", "at 800 kB/s"),
            (
                "build app:0b5c2a7e-1111-2222-3333-444455556666 done",
                "build src:77777777-1111-2222-3333-444455556666 done"
            ),
            ("stream 0b5c2a7e-1111-2222-3333-444455556666", "stream 77777777-1111-2222-3333-444455556666"),
            ("RequestId: 4Z8K2, denied", "RequestId: 9XXXX, denied"),
            ("(Request ID: abc/def+1=)", "(Request ID: QQQ/def+2=)"),
            ("User: arn:aws:sts::111122223333:assumed-role/cb/AWS is", "User: arn:aws:iam::000000000000:user/me is"),
            (
                "push 111122223333.dkr.ecr.eu-west-1.amazonaws.com/a",
                "push 000000000000.dkr.ecr.us-east-1.amazonaws.com/a"
            ),
            ("account 111122223333", "account 000000000000"), ("in /tmp/tmp.aBc123/x", "in /tmp/tmp.ZZZ999/x"),
            ("java.lang.Object@1b2c3d4e", "java.lang.Object@5a6b7c8d"), ("at 0x7f0012ab34cd", "at 0x7f00ffffffff"),
            ("10%\r50%\r100%", "99%\r100%"),
            ("cd /codebuild/output/src1/src/github.com/a/b/x", "cd ‹source›/x"),
            ("cd /codebuild/output/src1/src/x", "cd /codebuild/output/src999/src/x"),
            ("listening on port 41234", "listening on port 60999"),
            ("Tomcat on port(s): 32768 (http)", "Tomcat on port(s): 59999 (http)"),
            ("PORT=45000", "PORT=45001"), ("at http://localhost:40001/x", "at http://localhost:65535/x"),
            ("at 127.0.0.1:33333", "at 127.0.0.1:44444"), ("0.0.0.0:49153->80/tcp", "0.0.0.0:49154->80/tcp"),
            ("on [::]:49153", "on [::]:49154"), ("started with PID 33 in", "started with PID 4711 in"),
            ("pid=33", "pid=4711"), ("in /tmp/junit123456789012/a", "in /tmp/junit99999999/a"),
            ("/tmp/go-build123456789/b001", "/tmp/go-build987654321/b001"),
            ("/tmp/pip-install-a1b2c3d4/x", "/tmp/pip-install-zz_9abcd/x"),
            ("/tmp/ccQ1w2E3.o: in", "/tmp/ccaaaaaa.o: in"),
            (
                "/root/.npm/_logs/2026-07-04T14_25_39_684Z-debug-0.log",
                "/root/.npm/_logs/2025-01-01T00_00_00_001Z-debug-0.log"
            ),
        ])
    func equal(one: String, other: String) {
        #expect(rules.key(of: one) == rules.key(of: other))
    }

    @Test func `other sources than the primary one lie where they lie`() {
        let rules = ComparisonRules(sourceDirectory: "/codebuild/output/src87/src/s3/00")
        #expect(rules.key(of: "in /codebuild/output/src87/src/s3/00/a") == "in ‹source›/a")
        #expect(rules.key(of: "in /codebuild/output/src87/src/s3/01/a") == "in ‹another source›/a")
        #expect(rules.key(of: "in /codebuild/output/src5/src/github.com/b/c/a") == "in ‹another source›/a")
    }

    @Test(arguments: [
        "/codebuild/output/src87/src", "/codebuild/output/src1/src/github.com/acme/app",
        "/codebuild/output/src1/src/s3/00",
        "/codebuild/output/src2/src/git-codecommit.eu-west-1.amazonaws.com/v1/repos/app",
    ])
    func `a log that does not tell its source's folder shows it by its form`(folder: String) {
        #expect(ComparisonRules(sourceDirectory: nil).key(of: "in \(folder)/a.c") == "in ‹source›/a.c")
    }

    @Test(
        "and these are differences",
        arguments: [
            ("Tests run: 3", "Tests run: 4"), ("version 1.2.3", "version 1.2.4"), ("port 8080", "port 8081"),
            ("exit 1", "exit 2"), ("a.c:3: x", "a.c:4: x"), ("sha256:0b5c2a7e11112222", "sha256:77777777aaaabbbb"),
            ("Installed 12 m", "Installed 13 m"), ("openjdk 17.0.9", "openjdk 17.0.10"), ("1 file", "2 files"),
            ("port 30000", "port 30001"), ("port 32767", "port 32766"), ("at localhost:8080", "at localhost:8081"),
            ("port 66000", "port 66001"), ("line 41234", "line 41235"), ("host:41234", "host:41235"),
            ("/tmp/app.config", "/tmp/app.konfig"), ("/tmp/build12", "/tmp/build13"), ("/tmp/ccache.o", "/tmp/cc.o"),
            ("/tmp/ccaaaaaa.c", "/tmp/ccbbbbbb.c"), ("rapid 1", "rapid 2"), ("report 41234", "report 41235"),
            ("a1b2c3d4e5f6: Failed", "a1b2c3d4e5f7: Failed"), ("<===> 3 of 4", "<===> 4 of 4"),
            ("Coverage 45.0%", "Coverage 46.0%"), ("45.0%", "46.0%"), ("50% [ok]", "51% [ok]"),
            ("Collecting a==1", "Collecting a==2"), ("go: a@v1: no such module", "go: b@v1: no such module"),
            ("#5 ERROR: a", "#5 ERROR: b"), ("error: Counting objects", "error: Receiving objects"),
            ("hello", "hello "), ("me@1.2.3", "me@1.2.4"), ("12 MB", "13 MB"),
        ])
    func different(one: String, other: String) {
        #expect(rules.key(of: one) != rules.key(of: other))
    }

    @Test(arguments: [
        "Downloading from central: https://repo/a.pom", "[INFO] Downloaded from central: https://repo/a.pom (1 kB)",
        "Downloaded: http://repo/a.pom (1 KB at 2 KB/sec)", "Progress (1): 4.1 kB",
        "100 3023k  100 3023k    0     0  5678k      0 --:--:-- --:--:-- --:--:-- 5678k",
        "a1b2c3d4e5f6: Pulling fs layer", "a1b2c3d4e5f6: Downloading [==>   ]  1.2MB/3.4MB",
        "a1b2c3d4e5f6: Already exists",
        "#5 sha256:0b5c2a7e 1.2MB / 3.4MB 0.3s", "#5 extracting sha256:0b5c2a7e 0.1s done",
        "     50K .......... .......... ..........  1% 1.20M 5s", "a.zip  50%[=====>      ] 1,234  --.-K/s",
        "   ━━━━━━━━━━━━━━━━━━━━━ 1.2/3.4 MB 12.3 MB/s eta 0:00:00", "     |████████████    | 1.2 MB 3.4 MB/s",
        "Downloading a-1.0-py3-none-any.whl (12 kB)", "  Using cached a-1.0.tar.gz (1.2 MB)",
        "<====---------> 35% EXECUTING [12s]", "go: downloading golang.org/x/text v0.3.0",
        "remote: Counting objects: 100% (12/12), done.", "Receiving objects:  45% (9/20)", "######## 45.0%",
        "Get:1 http://deb.debian.org/debian bookworm InRelease [151 kB]", "Fetched 9,000 kB in 2s (4,500 kB/s)",
    ])
    func `what depends on caches and networks alone does not count at all`(line: String) {
        #expect(rules.key(of: line) == nil)
    }

    @Test func `all other text is compared to the letter`() {
        let line = "µ plain: words, http://host/a-b_c é 1a2b"
        #expect(rules.key(of: line) == line)
        #expect(rules.key(of: "") == "")
    }
}
