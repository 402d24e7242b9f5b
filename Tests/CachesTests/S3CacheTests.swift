import TestSupport
@testable import AWSCalls
@testable import Caches
import Testing

@Suite("caches in S3, as far as that needs no S3")
struct S3CacheTests {
    @Test(
        "an address has a bucket, and may have a prefix",
        arguments: [
            ("s3://bucket", "bucket", ""), ("s3://bucket/", "bucket", ""), ("s3://bucket/a/b/", "bucket", "a/b"),
            ("s3://bucket//a", "bucket", "a"), ("s3://", nil, nil), ("s3:///a", nil, nil), ("/tmp/x", nil, nil),
            ("https://bucket/a", nil, nil),
        ] as [(String, String?, String?)])
    func location(url: String, bucket: String?, prefix: String?) {
        let location = S3Location(url)
        #expect(location?.bucket == bucket)
        #expect(location?.prefix == prefix)
    }

    @Test("keys that begin alike have object names that begin alike; whatever a key is, its name is safe")
    func names() {
        func name(_ key: String?) -> String {
            S3Cache.folder(of: CacheKey(project: "petclinic", paths: ["a/**/*"], key: key))
        }
        let front = name("").dropLast(0)
        #expect(name("npm-1.x_y") == front + "npm-1.x_y")
        #expect(name("../ä %\n") == front + "..%2f%c3%a4%20%25%0a")
        #expect(name("npm-ä1").hasPrefix(name("npm-ä")))
        #expect(name(nil).hasPrefix("petclinic-"))
        let long = name(String(repeating: "ä", count: 400))
        #expect(long.utf8.count < 900)
        #expect(long != name(String(repeating: "ä", count: 401)))
    }
}
