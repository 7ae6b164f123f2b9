#include <algorithm>

#include <gtest/gtest.h>

#include "engine/scheduler/case_notation.h"

namespace simcluster::scheduler::testing {

namespace {

constexpr std::string_view kTitle = "=== ";

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

class Parser {
 public:
  Parser(std::string_view text, const std::string& file) : lines_(lines_of(text)), file_(file) {}

  Result<std::vector<Case>> run() {
    for (; at_ < lines_.size(); ++at_) {
      const std::string_view line = trimmed(lines_[at_]);
      if (line.starts_with(kTitle)) {
        if (auto finished = finish(); !finished) return tl::unexpected(finished.error());
        begin(line.substr(kTitle.size()));
      } else if (!line.empty() && line.front() != '#' && line.front() != ' ') {
        if (auto read = heading(line); !read) return tl::unexpected(read.error());
      } else if (line.starts_with(' ')) {
        if (auto read = indented(lines_[at_]); !read) return tl::unexpected(read.error());
      } else if (section_ == Section::kConfiguration) {
        cases_.back().configuration += '\n';
      } else if (section_ == Section::kResult && line.empty()) {
        section_ = Section::kNone;
      }
    }
    if (auto finished = finish(); !finished) return tl::unexpected(finished.error());
    return std::move(cases_);
  }

 private:
  enum class Section { kNone, kConfiguration, kState, kEvents, kResult };

  int line_number() const { return static_cast<int>(at_) + 1; }
  tl::unexpected<Error> fail_here(const std::string& message, int column = 1) const {
    return fail(message, {file_, line_number(), column});
  }

  void begin(std::string_view title) {
    Case& c = cases_.emplace_back();
    c.title = title;
    c.line = line_number();
    section_ = Section::kNone;
  }

  Result<void> finish() {
    if (cases_.empty()) return {};
    Case& c = cases_.back();
    if (c.rules.empty()) return fail("case \"" + c.title + "\" has no \"rules:\" line", {file_, c.line, 1});
    if (c.result_line == 0) return fail("case \"" + c.title + "\" has no \"result:\" line", {file_, c.line, 1});
    return {};
  }

  Result<void> heading(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (cases_.empty()) return fail_here("expected \"=== TITLE\", the beginning of a case");
    Case& c = cases_.back();
    const std::string_view name = line.substr(0, colon);
    const std::string_view rest = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
    if (colon == std::string_view::npos)
      return fail_here("expected rules:, configuration:, state:, events: or result:");
    if (name == "rules") {
      c.rules = trimmed(rest.substr(std::min<std::size_t>(1, rest.size())));
      section_ = Section::kNone;
    } else if (name == "configuration") {
      c.configuration_line = line_number() + 1;
      section_ = Section::kConfiguration;
    } else if (name == "state") {
      section_ = Section::kState;
    } else if (name == "events") {
      section_ = Section::kEvents;
    } else if (name == "result") {
      c.result_line = line_number();
      c.end_line = line_number() + 1;
      section_ = Section::kResult;
      read_wanted(rest, static_cast<int>(colon) + 2);
    } else {
      return fail_here("expected rules:, configuration:, state:, events: or result:");
    }
    return {};
  }

  // Outputs are separated by commas; none means the summary.
  void read_wanted(std::string_view rest, int column) {
    Case& c = cases_.back();
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      std::string_view item = rest.substr(0, comma);
      int at = column;
      while (!item.empty() && item.front() == ' ') {
        item.remove_prefix(1);
        ++at;
      }
      if (!item.empty()) c.wanted.push_back({std::string(trimmed(item)), line_number(), at});
      column += static_cast<int>(comma) + 1;
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    if (c.wanted.empty()) c.wanted.push_back({"summary", line_number(), column});
  }

  Result<void> indented(std::string_view line) {
    if (line.find_first_not_of(' ') < 2) return fail_here("expected an indentation of two blanks", 2);
    switch (section_) {
      case Section::kNone:
        return fail_here("expected a heading: rules:, configuration:, state:, events: or result:", 3);
      case Section::kConfiguration:
        cases_.back().configuration += std::string(line.substr(2)) + "\n";
        return {};
      case Section::kState:
        add(cases_.back().state, line);
        return {};
      case Section::kEvents:
        add(cases_.back().events, line);
        return {};
      case Section::kResult:
        cases_.back().result += std::string(line.substr(2)) + "\n";
        cases_.back().end_line = line_number() + 1;
        return {};
    }
    return {};
  }

  void add(std::vector<CaseLine>& list, std::string_view line) const {
    const std::size_t first = line.find_first_not_of(' ');
    std::string_view text = line.substr(first);
    if (text.front() == '#') return;
    if (const std::size_t comment = text.find(" # "); comment != std::string_view::npos) text = text.substr(0, comment);
    list.push_back({std::string(trimmed(text)), line_number(), static_cast<int>(first) + 1});
  }

  std::vector<std::string_view> lines_;
  const std::string& file_;
  std::size_t at_ = 0;
  Section section_ = Section::kNone;
  std::vector<Case> cases_;
};

}  // namespace

Result<std::vector<Case>> parse_cases(std::string_view text, const std::string& file) {
  return Parser(text, file).run();
}

std::vector<CaseLine> words_of(const CaseLine& line) {
  std::vector<CaseLine> words;
  std::size_t at = 0;
  while ((at = line.text.find_first_not_of(' ', at)) != std::string::npos) {
    const std::size_t end = std::min(line.text.find(' ', at), line.text.size());
    words.push_back({line.text.substr(at, end - at), line.line, line.column + static_cast<int>(at)});
    at = end;
  }
  return words;
}

std::string with_results(std::string_view text, const std::vector<Case>& cases,
                         const std::vector<std::string>& results) {
  const std::vector<std::string_view> lines = lines_of(text);
  std::string out;
  std::size_t next = 0;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const auto result_line = static_cast<std::size_t>(cases[i].result_line);
    for (; next < result_line; ++next) out += std::string(lines[next]) + "\n";
    for (const std::string_view line : lines_of(results[i])) out += "  " + std::string(line) + "\n";
    next = static_cast<std::size_t>(cases[i].end_line) - 1;
  }
  for (; next < lines.size(); ++next) out += std::string(lines[next]) + "\n";
  return out;
}

namespace {

std::string error_of(const std::string& text) {
  const auto cases = parse_cases(text, "a.cases");
  if (!cases) return cases.error().text();
  for (const Case& c : *cases) {
    const auto result = run_case(c, "a.cases");
    if (!result) return result.error().text();
  }
  return "accepted";
}

std::string with_state(const std::string& line) {
  return "=== t\nrules: S1 C-1.1\nconfiguration:\n  primitive a Dummy\nstate:\n  online n1\n  " + line + "\nresult:\n";
}

TEST(CaseNotation, MistakesHavePlaces) {
  EXPECT_EQ(error_of("primitive a Dummy\n"), "a.cases:1:1: expected \"=== TITLE\", the beginning of a case");
  EXPECT_EQ(error_of("=== t\nconfig:\n"), "a.cases:2:1: expected rules:, configuration:, state:, events: or result:");
  EXPECT_EQ(error_of("=== t\nrules: S1 C-1.1\n"), "a.cases:1:1: case \"t\" has no \"result:\" line");
  EXPECT_EQ(error_of("=== t\nresult:\n"), "a.cases:1:1: case \"t\" has no \"rules:\" line");
  EXPECT_EQ(error_of("=== t\nrules: S1 C-1.1\n  online n1\nresult:\n"),
            "a.cases:3:3: expected a heading: rules:, configuration:, state:, events: or result:");
  EXPECT_EQ(error_of("=== t\nrules: S1 C-1.1\nconfiguration:\n  primitive\nresult:\n").substr(0, 12), "a.cases:4:12");
  EXPECT_EQ(error_of(with_state("onlin n2")),
            "a.cases:7:3: expected a node state, \"NODE: RESOURCE ...\", or one of "
            "now, quorum, dc, schema, unprobed, ticket, attribute, fails");
  EXPECT_EQ(error_of(with_state("n1: b started")),
            "a.cases:7:7: there is no primitive \"b\"; give agent=CLASS:PROVIDER:TYPE for "
            "one that is not configured");
  EXPECT_EQ(error_of(with_state("n1: a strated")),
            "a.cases:7:9: expected started, promoted, unpromoted, stopped, "
            "unknown or OPERATION[/INTERVAL]");
  EXPECT_EQ(error_of(with_state("n1: a start rc=x")), "a.cases:7:15: expected a number after \"rc=\"");
  EXPECT_EQ(error_of(with_state("now yesterday")), "a.cases:7:7: expected a date and time");
  EXPECT_EQ(error_of("=== t\nrules: S1 C-1.1\nresult: sumary\n"),
            "a.cases:3:9: expected summary, scores, utilization, graph, ids, header, status, steps, revised, why "
            "RESOURCE or action "
            "KEY [NODE]");
  EXPECT_EQ(error_of("=== t\nrules: S1 C-1.1\nevents:\n  node-away n1\nresult:\n"),
            "a.cases:4:3: expected one of node-up, node-down, node-fail, op-inject, op-fail, ticket-grant, "
            "ticket-revoke, ticket-standby, ticket-activate, quorum, watchdog");
}

TEST(CaseNotation, ResultsAreReplacedInPlace) {
  const std::string text = "# head\n=== a\nrules: S1 C-1.1\nresult:\n  old\n\n=== b\nrules: S1 C-1.1\nresult: scores\n";
  const auto cases = parse_cases(text, "a.cases");
  ASSERT_TRUE(cases);
  EXPECT_EQ((*cases)[0].result, "old\n");
  EXPECT_EQ(with_results(text, *cases, {"new\nmore\n", "x\n"}),
            "# head\n=== a\nrules: S1 C-1.1\nresult:\n  new\n  more\n\n=== b\nrules: S1 C-1.1\nresult: scores\n  x\n");
}

}  // namespace

}  // namespace simcluster::scheduler::testing
