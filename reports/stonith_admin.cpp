#include "reports/stonith_admin.h"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/core.h>

#include "engine/base/time_text.h"
#include "reports/crm_mon_xml.h"
#include "reports/status_xml.h"
#include "reports/text.h"

namespace simcluster::reports {

namespace {

bool word_is(std::string_view word, std::string_view longer, std::string_view shorter) {
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

struct Option {
  std::string_view name;
  std::string_view letter;
  FencingQuestion::Kind kind;
  std::string_view wants;  // empty: nothing
};
constexpr std::array kQuestions = {
    Option{"--history", "-H", FencingQuestion::Kind::kHistory, "a node, or '*'"},
    Option{"--last", "-h", FencingQuestion::Kind::kLast, "a node"},
    Option{"--list-registered", "-L", FencingQuestion::Kind::kDevices, ""},
    Option{"--list", "-l", FencingQuestion::Kind::kDevices, "a node"},
    Option{"--list-targets", "-s", FencingQuestion::Kind::kTargets, "a device"},
    Option{"--query", "-Q", FencingQuestion::Kind::kStatus, "a device"},
};

std::string_view next_word(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  const std::string_view word = rest.substr(0, rest.find(' '));
  rest.remove_prefix(word.size());
  return word;
}

}  // namespace

Result<std::optional<FencingQuestion>> parse_fencing_question(std::string_view command) {
  FencingQuestion question;
  question.request = command;
  bool asks = false;
  for (std::string_view word = next_word(command); !word.empty(); word = next_word(command)) {
    if (word == "stonith_admin") continue;
    const auto equals = word.starts_with("--") ? word.find('=') : std::string_view::npos;
    std::string_view value = equals == std::string_view::npos ? std::string_view() : word.substr(equals + 1);
    word = word.substr(0, equals);
    const auto* option =
        std::ranges::find_if(kQuestions, [&](const Option& each) { return word_is(word, each.name, each.letter); });
    if (option != kQuestions.end()) {
      asks = true;
      question.kind = option->kind;
      if (option->wants.empty()) continue;
      if (value.empty()) value = next_word(command);
      question.target = unquoted(value);
      if (question.target.empty()) return fail(fmt::format("{} needs {}", word, option->wants));
    } else if (word_is(word, "--verbose", "-V")) {
      question.verbose = true;
    } else if (word_is(word, "--quiet", "-q")) {
      question.quiet = true;
    } else if (word == "--output-as" && (value == "xml" || value == "text")) {
      question.xml = value == "xml";
    } else if (asks) {
      return fail(
          fmt::format("\"{}\" is no option of a question of stonith_admin (expected -V, -q or --output-as=xml)", word));
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
  if (question.kind == FencingQuestion::Kind::kLast) {
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

namespace {

constexpr int kError = 1;
constexpr int kNoSuchObject = 105;

std::string devices_xml(const FencingQuestion& question, const FencingDevices& devices, int status) {
  std::string text;
  XmlWriter xml(text);
  xml.open("pacemaker-result", {{"api-version", api_version(StatusXml::k2_1)}, {"request", question.request}});
  const bool lists = question.kind != FencingQuestion::Kind::kStatus;
  if (lists && status == 0) {
    const bool of_devices = question.kind == FencingQuestion::Kind::kDevices;
    xml.open("list", {{"name", of_devices ? "registered fence devices" : "fence targets"},
                      {"count", std::to_string(devices.names.size())}});
    for (const std::string& name : devices.names) {
      if (of_devices) {
        xml.text("item", name, {{"name", "device"}});
      } else {
        xml.text("item", name);
      }
    }
    xml.close();
  }
  xml.open("status", {{"code", std::to_string(status)},
                      {"message", status == 0               ? "OK"
                                  : status == kNoSuchObject ? "No such object"
                                                            : "Error occurred"}});
  if (lists && status != 0) {
    xml.open("errors");
    xml.text("error", "Couldn't list targets: " + devices.reason);
    xml.close();
  }
  xml.close();
  xml.close();
  return text;
}

}  // namespace

std::string devices_answer(const FencingQuestion& question, const FencingDevices& devices) {
  const int status = devices.ok ? 0 : devices.known ? kError : kNoSuchObject;
  std::string end = status == 0 ? "" : fmt::format("(exit status {})\n", status);
  if (question.xml) return devices_xml(question, devices, status) + end;
  if (question.kind == FencingQuestion::Kind::kStatus) return end;
  if (status != 0) return fmt::format("Couldn't list targets: {}\n", devices.reason) + end;
  std::string text;
  for (const std::string& name : devices.names) text += name + "\n";
  const std::size_t count = devices.names.size();
  const std::string_view kind = question.kind == FencingQuestion::Kind::kDevices ? "device" : "target";
  return text + fmt::format("{} fence {}{} found\n", count, kind, count == 1 ? "" : "s");
}

}  // namespace simcluster::reports
