#include "reports/junit.h"

#include <algorithm>

#include <fmt/core.h>

#include "engine/cib/document.h"

namespace simcluster::reports {

namespace {

// XML 1.0 has no way to write most control characters.
std::string clean(const std::string& text) {
  std::string out;
  for (const char c : text) out += static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t' ? c : '?';
  return out;
}

std::string attribute(const std::string& text) {
  std::string out;
  cib::append_escaped(out, clean(text));
  return out;
}

// Difference texts are easier to read without escapes.
std::string cdata(const std::string& text) {
  std::string out = clean(text);
  for (std::size_t at = 0; (at = out.find("]]>", at)) != std::string::npos; at += 15)
    out.replace(at, 3, "]]]]><![CDATA[>");
  return "<![CDATA[" + out + "]]>";
}

std::string seconds(std::int64_t ms) { return fmt::format("{}.{:03}", ms / 1000, ms % 1000); }

std::string case_xml(const JunitCase& c) {
  std::string text = fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{}\"", attribute(c.suite),
                                 attribute(c.name), seconds(c.wall_ms));
  if (!c.failed && !c.unusable) return text + "/>\n";
  const char* element = c.unusable ? "error" : "failure";
  return text + fmt::format(">\n      <{} message=\"{}\">{}</{}>\n    </testcase>\n", element, attribute(c.message),
                            cdata(c.details), element);
}

}  // namespace

std::string junit_xml(const std::vector<JunitCase>& cases) {
  std::vector<std::string> suites;
  for (const auto& c : cases)
    if (std::find(suites.begin(), suites.end(), c.suite) == suites.end()) suites.push_back(c.suite);
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"simcluster\">\n";
  for (const auto& suite : suites) {
    std::string body;
    std::int64_t ms = 0;
    int tests = 0;
    int failures = 0;
    int errors = 0;
    for (const auto& c : cases) {
      if (c.suite != suite) continue;
      ++tests;
      failures += c.failed && !c.unusable ? 1 : 0;
      errors += c.unusable ? 1 : 0;
      ms += c.wall_ms;
      body += case_xml(c);
    }
    text += fmt::format(
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{}\">\n{}  </testsuite>\n",
        attribute(suite), tests, failures, errors, seconds(ms), body);
  }
  return text + "</testsuites>\n";
}

}  // namespace simcluster::reports
