#include "sim/scenario/report_typed.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "commands/arguments.h"
#include "engine/base/shell_words.h"
#include "engine/base/time_text.h"
#include "sim/kernel/kernel.h"
#include "sim/scenario/cluster_report.h"
#include "sim/scenario/values.h"
#include "sim/world/world.h"

namespace simcluster::sim {

namespace {

using commands::OptionSpec;
using Value = OptionSpec::Value;

constexpr std::string_view kHome = "/root/";  // where operators are when they type

constexpr std::array<OptionSpec, 20> kOptions = {{
    {'f', "from", Value::kRequired},
    {'t', "to", Value::kRequired},
    {'n', "nodes", Value::kRequired},
    {'u', "user", Value::kRequired},
    {'X', "ssh-options", Value::kRequired},
    {'l', "log", Value::kRequired},
    {'E', "extra", Value::kRequired},
    {'p', "sensitive", Value::kRequired},
    {'L', "pattern", Value::kRequired},
    {'e', "editor", Value::kRequired},
    {'A', "openais"},
    {'S', "single"},
    {'Z', "replace"},
    {'M', "no-extra"},
    {'D', "no-editor"},
    {'Q', "quick"},
    {'C', "remove"},
    {'s', "sanitize"},
    {'v', "verbose"},
    {'h', "help"},
}};

constexpr std::string_view kUsage =
    "usage: {} -f {{time|\"cts:\"testnum}} [-t time]\n"
    "       [-u user] [-X ssh-options] [-l file] [-n nodes] [-E files]\n"
    "       [-p patt] [-L patt] [-e prog] [-MSDZAQVsvhd] [dest]\n";

// "2026-11-22 05:41", "2026-11-22" or, of today, "05:41"; with seconds or without.
std::optional<Time> time_of(std::string text, Time now) {
  if (text.find('-') == std::string::npos) {
    const std::string today = log_time_text(now);
    text = today.substr(0, 10) + " " + (text.find(':') == 1 ? "0" : "") + text;
  }
  if (std::ranges::count(text, ':') == 1) text += ":00";
  return parse_instant(text);
}

// "Sun-22-Nov-2026"
std::string date_of(Time now) {
  const std::string text = ctime_text(now);  // "Sun Nov 22 05:41:00 2026"
  return fmt::format("{}-{}{}-{}-{}", text.substr(0, 3), text[8] == ' ' ? '0' : text[8], text[9], text.substr(4, 3),
                     text.substr(20));
}

// "11/22/26 05:41:00"
std::string short_time(Time at) {
  const std::string text = log_time_text(at);  // "2026-11-22 05:41:00,000"
  return fmt::format("{}/{}/{} {}", text.substr(5, 2), text.substr(8, 2), text.substr(2, 2), text.substr(11, 8));
}

class TypedReport {
 public:
  TypedReport(World& world, Machine& machine, std::string_view command)
      : world_(world), machine_(machine), command_(command), shell_(command.starts_with("crm report")) {}

  Result<void> run() {
    auto words = split_shell_words(command_);
    if (!words) return tl::unexpected(words.error());
    words->erase(words->begin(), words->begin() + (shell_ ? 2 : 1));
    const commands::ParsedArguments given = commands::parse_arguments(kOptions, *words, commands::OptionStyle::kGetopt);
    tell(answer(given));
    return {};
  }

 private:
  // What it prints.
  std::string answer(const commands::ParsedArguments& given) {
    if (!given.error.empty() || !given.has("from") || given.has("help") || given.rest.size() > 1) return usage();
    const auto from = time_of(*given.value("from"), world_.now());
    if (!from) return bad_time(*given.value("from"));
    const auto to = given.has("to") ? time_of(*given.value("to"), world_.now()) : world_.now();
    if (!to) return bad_time(*given.value("to"));
    // CM-13.24
    const bool wants_path = !shell_ && machine_.spec().profile.hb_report_wants_path;
    if (wants_path && given.rest.empty()) return usage();
    std::string destination = given.rest.empty() ? fmt::format("{}-{}", name(), date_of(world_.now())) : given.rest[0];
    if (wants_path && !destination.starts_with('/'))
      return failed(fmt::format("{}: ERROR: destination {} is no absolute path\n", machine_.name(), destination));
    if (destination.find('/') == std::string::npos) destination.insert(0, "./");
    return pack(destination, *from, *to, given.has("single"));
  }

  std::string pack(const std::string& destination, Time from, Time to, bool single) {
    const std::string folder = destination.substr(destination.rfind('/') + 1);
    ReportRequest request{folder, std::string(command_), from, to, machine_.index()};
    request.alone = single;
    const auto packed = packed_report(collect_report(world_, request), world_.now());
    if (!packed) return failed(fmt::format("{}: ERROR: {}\n", machine_.name(), packed.error().message));
    machine_.kernel().files().write(absolute(destination) + ".tar.bz2", *packed);
    if (!shell_)
      return fmt::format("The report is saved in {}.tar.bz2\n \nThank you for taking time to create this report.\n",
                         destination);
    return fmt::format(
        "{0}: INFO: The report is saved in {1}.tar.bz2\n{0}: INFO: Report timespan: {2} - {3}\n"
        "{0}: INFO: Thank you for taking time to create this report.\n",
        machine_.name(), destination, short_time(from), short_time(to));
  }

  static std::string absolute(const std::string& path) {
    if (path.starts_with('/')) return path;
    return std::string(kHome) + (path.starts_with("./") ? path.substr(2) : path);
  }

  std::string name() const { return shell_ ? "crm_report" : std::string(command_.substr(0, command_.find(' '))); }
  std::string usage() const { return failed(fmt::format(kUsage, shell_ ? "report" : name())); }
  std::string bad_time(const std::string& text) const {
    return failed(
        fmt::format("{}: ERROR: bad time specification: {} (try 'YYYY-M-D H:M:S') \n", machine_.name(), text));
  }
  static std::string failed(std::string text) { return text + "(exit status 1)\n"; }

  void tell(std::string text) {
    if (text.ends_with('\n')) text.pop_back();
    world_.tracer().emit(machine_.index(), TraceKind::kScreen, {{"command", command_}, {"text", text}});
  }

  World& world_;
  Machine& machine_;
  std::string_view command_;
  const bool shell_;
};

bool begins_with_word(std::string_view text, std::string_view word) {
  return text.starts_with(word) && (text.size() == word.size() || text[word.size()] == ' ');
}

}  // namespace

bool is_report_command(std::string_view command) {
  return begins_with_word(command, "hb_report") || begins_with_word(command, "crm_report") ||
         begins_with_word(command, "crm report");
}

Result<void> run_report(World& world, Machine& machine, std::string_view command) {
  return TypedReport(world, machine, command).run();
}

}  // namespace simcluster::sim
