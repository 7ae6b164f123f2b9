#include "reports/stonith_admin.h"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include "engine/base/time_text.h"
#include "reports/crm_mon_xml.h"
#include "reports/status_xml.h"
#include "reports/text.h"

namespace simcluster::reports {

namespace {

bool is_one_of(std::string_view word, std::string_view longer, std::string_view shorter) {
  return word == longer || word == shorter;
}

std::string unquoted(std::string_view word) {
  if (word.size() > 1 && word.front() == word.back() && (word.front() == '\'' || word.front() == '"'))
    word = word.substr(1, word.size() - 2);
  return std::string(word);
}

std::string found(std::size_t count) { return fmt::format("{} event{} found\n", count, count == 1 ? "" : "s"); }

std::string xml_answer(const FencingQuestion& question, const std::vector<FencingRecord>& records) {
  std::string text;
  XmlWriter xml(text);
  xml.open("pacemaker-result", {{"api-version", api_version(StatusXml::k2_1)}, {"request", question.request}});
  xml.open("list", {{"name", "fencing history"}, {"count", std::to_string(records.size())}});
  write_fence_events(records, xml);
  xml.close();
  xml.leaf("status", {{"code", "0"}, {"message", "OK"}});
  xml.close();
  return text;
}

}  // namespace

Result<std::optional<FencingQuestion>> parse_fencing_question(std::string_view command) {
  FencingQuestion question;
  question.request = command;
  bool asks = false;
  while (!command.empty()) {
    const auto begin = std::min(command.find_first_not_of(' '), command.size());
    command.remove_prefix(begin);
    std::string_view word = command.substr(0, command.find(' '));
    command.remove_prefix(word.size());
    if (word.empty() || word == "stonith_admin") continue;
    const auto equals = word.starts_with("--") ? word.find('=') : std::string_view::npos;
    std::string_view value = equals == std::string_view::npos ? std::string_view() : word.substr(equals + 1);
    word = word.substr(0, equals);
    if (is_one_of(word, "--history", "-H") || is_one_of(word, "--last", "-h")) {
      asks = true;
      question.last = is_one_of(word, "--last", "-h");
      if (value.empty()) {
        command.remove_prefix(std::min(command.find_first_not_of(' '), command.size()));
        value = command.substr(0, command.find(' '));
        command.remove_prefix(value.size());
      }
      question.target = unquoted(value);
      if (question.target.empty()) return fail(fmt::format("{} needs a node, or '*'", word));
    } else if (is_one_of(word, "--verbose", "-V")) {
      question.verbose = true;
    } else if (is_one_of(word, "--quiet", "-q")) {
      question.quiet = true;
    } else if (word == "--output-as" && (value == "xml" || value == "text")) {
      question.xml = value == "xml";
    } else if (asks) {
      return fail(
          fmt::format("\"{}\" is no option of stonith_admin --history or --last (expected -V, -q or "
                      "--output-as=xml)",
                      word));
    } else {
      return std::optional<FencingQuestion>();
    }
  }
  return asks ? std::optional(question) : std::nullopt;
}

std::string fencing_answer(const FencingQuestion& question, std::span<const FencingRecord> history, bool old) {
  std::vector<FencingRecord> about;  // oldest first
  for (const FencingRecord& record : history)
    if (question.target == "*" || record.target == question.target) about.push_back(record);
  std::vector<FencingRecord> done;
  std::ranges::copy_if(about, std::back_inserter(done), [](const FencingRecord& r) { return r.succeeded; });
  if (question.last) {
    if (done.empty()) return fmt::format("Node {} has never been fenced\n", question.target);
    return fmt::format("Node {} last fenced at: {}\n", question.target, ctime_text(done.back().completed));
  }
  if (question.xml) return xml_answer(question, about);
  if (question.quiet) {
    const std::string seconds = done.empty() ? "" : fmt::format("{}\n", done.back().completed.unix_seconds());
    return seconds + found(0);
  }
  std::string text;
  std::size_t count = 0;
  // Without -V a single one is told: of those that succeeded the oldest that is remembered, whatever the help says.
  const FencingWords words{question.verbose ? FencingLevel::kEverything : FencingLevel::kFailures, old, true};
  if (question.verbose) {
    for (auto record = about.rbegin(); record != about.rend(); ++record) text += fencing_item(*record, words) + "\n";
    count = about.size();
  } else if (!done.empty()) {
    text = fencing_item(done.front(), words) + "\n";
    count = 1;
  }
  return text + found(count);
}

}  // namespace simcluster::reports
