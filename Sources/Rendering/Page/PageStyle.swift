internal import Crypto
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The style sheet of a page, and the policy that allows it, the script, and nothing else.
enum PageStyle {
    /// What a page may load: its own style sheet and script, by their hashes.
    ///
    /// - Parameter connects: whether it may ask the server that shows it.
    static func policy(connects: Bool) -> String {
        "default-src 'none'; style-src '\(hash(of: sheet))'; script-src '\(hash(of: PageScript.text))'; "
            + (connects ? "connect-src 'self'; " : "") + "base-uri 'none'; form-action 'none'"
    }

    private static func hash(of text: StaticString) -> String {
        let bytes = text.withUTF8Buffer { Array($0) }
        return "sha256-\(Data(SHA256.hash(data: bytes)).base64EncodedString())"
    }

    static let sheet: StaticString = """

        :root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--soft:#57606a;--line:#d0d7de;--box:#f6f8fa;--good:#116329;--bad:#b3131d;--link:#0550ae}
        @media(prefers-color-scheme:dark){:root{--bg:#0d1117;--fg:#e6edf3;--soft:#9ea7b3;--line:#3d444d;--box:#161b22;--good:#56d364;--bad:#ff8078;--link:#79b8ff}}
        *{box-sizing:border-box}
        body{margin:0 auto;max-width:110rem;padding:0 clamp(.3rem,2vw,2rem);background:var(--bg);color:var(--fg);font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
        a{color:var(--link)}
        :focus-visible{outline:3px solid var(--link);outline-offset:2px}
        h1,h2,h3{line-height:1.25;margin:1.2em 0 .4em}
        h1{font-size:1.5rem}h2{font-size:1.2rem;border-bottom:1px solid var(--line)}h3{font-size:1rem}
        nav ul{display:flex;flex-wrap:wrap;gap:.3rem 1rem;list-style:none;padding:0;margin:.5rem 0}
        .good{color:var(--good)}.bad{color:var(--bad)}.soft{color:var(--soft)}
        .why{font-size:1.1rem;border-left:.3rem solid var(--soft);padding-left:.7rem;white-space:pre-wrap}
        .why.bad{border-color:var(--bad);color:var(--fg)}
        table{border-collapse:collapse;width:100%}
        caption{text-align:left;color:var(--soft)}
        th,td{text-align:left;vertical-align:top;padding:.2rem .8rem .2rem 0;border-bottom:1px solid var(--line)}
        td,th,dd,code,pre,li,summary{unicode-bidi:isolate}
        .number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
        .wide{width:35%}
        svg{display:block;width:100%;height:1rem;background:var(--box);margin-top:.25rem}
        rect{fill:var(--good)}rect.bad{fill:var(--bad)}
        svg.graph{width:auto;max-width:100%;height:auto;background:none}svg.graph path{fill:none;stroke:var(--soft)}svg.graph text{font:12px system-ui,sans-serif;fill:var(--fg)}
        svg.graph rect{fill:var(--box);stroke:var(--good);stroke-width:2}svg.graph rect.bad{stroke:var(--bad)}svg.graph rect.soft{stroke:var(--soft)}svg.graph text.bad{fill:var(--bad)}svg.graph text.good{fill:var(--good)}svg.graph text.soft{fill:var(--soft)}
        pre,code{font:.85rem/1.45 ui-monospace,monospace}
        pre{white-space:pre-wrap;background:var(--box);border:1px solid var(--line);padding:.5rem;margin:.3rem 0;max-height:60rem;overflow:auto}
        details{margin:.3rem 0}summary{cursor:pointer}
        dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}dt{color:var(--soft)}dd{margin:0}
        a.time{display:block}[role=search]{display:flex;flex-wrap:wrap;gap:.4rem .6rem;align-items:center;margin:.5rem 0}[role=search][hidden]{display:none}
        input,button{font:inherit;color:inherit;background:var(--box);border:1px solid var(--soft);border-radius:.2rem;padding:.2rem .5rem}input{min-width:0;flex:0 1 24rem}
        ::highlight(found){background:#ffe58a;color:#1b1f24}::highlight(current){background:#ff9632;color:#1b1f24}
        ol.plain{padding-left:2.5em;margin:.2rem 0}
        .b{font-weight:700}.d{opacity:.75}.i{font-style:italic}.u{text-decoration:underline}.v{filter:invert(1);background:var(--box)}
        .f0{color:#57606a}.f1,.f9{color:#b3131d}.f2,.f10{color:#116329}.f3,.f11{color:#7d4e00}.f4,.f12{color:#0550ae}.f5,.f13{color:#8250df}.f6,.f14{color:#0b6b75}.f7,.f8,.f15{color:#57606a}
        .g0,.g8{background:#d0d7de}.g1,.g9{background:#ffd7d5}.g2,.g10{background:#ccf2d4}.g3,.g11{background:#fff1b8}.g4,.g12{background:#d4e8ff}.g5,.g13{background:#eddeff}.g6,.g14{background:#cdf3f7}.g7,.g15{background:#e7ebef}
        @media(prefers-color-scheme:dark){.f0,.f7,.f8,.f15{color:#9ea7b3}.f1,.f9{color:#ff8078}.f2,.f10{color:#56d364}.f3,.f11{color:#e3b341}.f4,.f12{color:#79b8ff}.f5,.f13{color:#d2a8ff}.f6,.f14{color:#66d3df}
        .g0,.g8{background:#2b3138}.g1,.g9{background:#67060c}.g2,.g10{background:#04401a}.g3,.g11{background:#5a3d00}.g4,.g12{background:#0c2d6b}.g5,.g13{background:#3c1e70}.g6,.g14{background:#0a454c}.g7,.g15{background:#3d444d}}
        @media(max-width:40rem){table,tbody,tr,th,td,caption{display:block;border:0;padding:0}thead{display:none}tr{border-bottom:1px solid var(--line);padding:.3rem 0}.number{text-align:left}.wide{width:auto}dl{display:block}}
        @media print{nav,[role=search]{display:none}pre{max-height:none;overflow:visible}details::details-content{content-visibility:visible;block-size:auto}}

        """
}
