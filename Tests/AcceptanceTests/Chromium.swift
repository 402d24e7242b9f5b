import ChildProcesses
import Foundation
import Testing

/// A headless Chromium that looks at one page (Resources/browser.py).
enum Chromium {
    /// Whether it is installed. With BUILDSPEC_REQUIRE_DOCKER=1, as in CI, the tests run, and fail, where it is not.
    static let isThere: Bool = {
        let environment = ProcessInfo.processInfo.environment
        if environment["BUILDSPEC_REQUIRE_DOCKER"] == "1" || environment["BUILDSPEC_TEST_CHROMIUM"] != nil {
            return true
        }
        return (environment["PATH"] ?? "").split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/chromium")
        }
    }()

    enum Step {
        case evaluate(String)
        /// Waits until an expression is true; its value is the number of seconds.
        case until(String)
        case press(String)
        case type(String)
        case size(Int, Int)
        case scheme(String)
        /// Makes a file, to tell whoever waits for it how far the visit is.
        case touch(String)

        fileprivate var json: [String: Any] {
            switch self {
            case .evaluate(let expression): ["evaluate": expression]
            case .until(let expression): ["until": expression]
            case .press(let key): ["press": key]
            case .type(let text): ["type": text]
            case .size(let width, let height): ["size": [width, height]]
            case .scheme(let name): ["scheme": name]
            case .touch(let path): ["touch": path]
            }
        }
    }

    struct Visit {
        /// The values of the steps, each as JSON has it.
        let results: [Any]
        /// Errors and warnings.
        let console: [String]
        let requests: [String]

        func text(_ step: Int) -> String { results[step] as? String ?? "" }
        func texts(_ step: Int) -> [String] { results[step] as? [String] ?? [] }
        func number(_ step: Int) -> Double { (results[step] as? NSNumber)?.doubleValue ?? .nan }
    }

    static func visit(_ url: String, width: Int = 1280, height: Int = 800, _ steps: [Step]) async throws -> Visit {
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Resources/browser.py").path
        let asked: [String: Any] = ["url": url, "width": width, "height": height, "steps": steps.map(\.json)]
        let input = try JSONSerialization.data(withJSONObject: asked)
        let output = try await Command("python3", [script]).collect(input: Array(input))
        try #require(output.status.isSuccess, "\(output.errorText)")
        let answer = try #require(
            try JSONSerialization.jsonObject(with: Data(output.output)) as? [String: Any], "\(output.outputText)")
        return Visit(
            results: answer["results"] as? [Any] ?? [], console: answer["console"] as? [String] ?? ["?"],
            requests: answer["requests"] as? [String] ?? ["?"])
    }

    /// What is wrong for somebody who sees little, or nothing, by rules of WCAG 2.2; an array of words.
    static let flaws = #"""
        (() => {
          const flaws = [], all = selector => [...document.querySelectorAll(selector)];
          const once = ['header', 'main', 'footer', 'h1'];
          for (const name of once) if (all(name).length !== 1) flaws.push(`${all(name).length} times <${name}>`);
          if (!document.documentElement.lang || !document.title) flaws.push('no language or title');
          for (const part of all('section, nav')) {
            const label = part.getAttribute('aria-label') || document.getElementById(part.getAttribute('aria-labelledby'))?.textContent;
            if (!label) flaws.push(`<${part.localName} id=${part.id}> has no name`);
          }
          for (const field of all('input')) if (!field.labels.length) flaws.push(`no label of ${field.id}`);
          for (const one of all('a, button, summary')) if (!one.textContent.trim()) flaws.push(`<${one.localName}> without text`);
          for (const table of all('table')) {
            if (!table.caption && !table.closest('section')) flaws.push('a table without a name');
            for (const cell of table.querySelectorAll('th')) if (!cell.scope) flaws.push('<th> without scope');
          }
          let level = 0;
          for (const heading of all('h1, h2, h3')) {
            const own = Number(heading.localName[1]);
            if (own > level + 1) flaws.push(`<${heading.localName}> behind level ${level}`);
            level = own;
          }
          const ids = all('[id]').map(one => one.id);
          if (new Set(ids).size !== ids.length) flaws.push('an id twice');
          for (const one of all('[aria-hidden=true] a, a[aria-hidden=true], svg a')) {
            if (one.tabIndex >= 0) flaws.push('a hidden link takes the focus');
          }
          // Contrast, by the formula of WCAG 2.2.
          const shade = color => {
            const parts = color.match(/[\d.]+/g).slice(0, 3).map(part => {
              const value = part / 255;
              return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
            });
            return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
          };
          const ground = one => {
            for (; one; one = one.parentElement) {
              const color = getComputedStyle(one).backgroundColor;
              if (!/, 0\)$/.test(color) && color !== 'transparent') return color;
            }
            return 'rgb(255, 255, 255)';
          };
          for (const one of all('body *')) {
            if (![...one.childNodes].some(node => node.nodeType === 3 && node.data.trim())) continue;
            if (one.closest('script, svg') || !one.getClientRects().length) continue;
            const [dark, light] = [shade(getComputedStyle(one).color), shade(ground(one))].sort((a, b) => a - b);
            const contrast = (light + 0.05) / (dark + 0.05);
            if (contrast < 4.5) flaws.push(`contrast ${contrast.toFixed(2)}: ${one.localName}.${one.className} ${one.textContent.slice(0, 30)}`);
          }
          return [...new Set(flaws)];
        })()
        """#
}
