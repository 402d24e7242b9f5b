import BuildPlanning
import SpecParsing
import Testing

@testable import Rendering

@Suite struct BatchGraphTests {
    private func plan(_ batch: String) throws -> BatchPlan {
        let text = "version: 0.2\nbatch: \(batch)\n"
        return BatchPlan(try #require(readBuildSpec(Array(text.utf8), file: "buildspec.yml").spec?.batch))
    }

    @Test func `a graph has a node for each build and an edge for each wait`() throws {
        let graph = BatchGraph(
            try plan(
                "{build-graph: [{identifier: end}, {identifier: pack, depend-on: [end], ignore-failure: true}]}"))
        #expect(
            graph.dot == """
                digraph batch {
                  rankdir=LR;
                  node [shape=box];
                  "end" [label="end"];
                  "pack" [label="pack", style=dashed];
                  "end" -> "pack";
                }

                """)
        #expect(
            graph.mermaid == """
                flowchart LR
                  b0["end"]
                  b1["pack"]
                  b0 --> b1
                  classDef ignored stroke-dasharray: 4
                  class b1 ignored

                """)
    }

    @Test func `values of a matrix cannot write the picture`() throws {
        let graph = BatchGraph(
            try plan(#"{build-matrix: {dynamic: {env: {variables: {V: ['"]; x [label="<b>\', "a\nb"]}}}}}"#))
        #expect(graph.dot.contains(#""build_0001" [label="build_0001\nV=\"]; x [label=\"<b>\\"];"#))
        #expect(graph.dot.contains(#"[label="build_0002\nV=a\nb"];"#))
        #expect(graph.mermaid.contains("b0[\"build#95;0001<br>V=#34;#93;#59; x #91;label=#34;#60;b#62;#92;\"]"))
        #expect(graph.mermaid.split(separator: "\n").count == 3)
    }
}
