#include "tools/twin/real_run.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/core.h>
#include <unistd.h>

#include "sim/scenario/values.h"

namespace simcluster::twin {

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kDay = 24LL * 3600 * 1000;

// A folder of its own below the folder for temporary files, gone with the object.
class Scratch {
 public:
  Scratch() {
    std::string pattern = (fs::temp_directory_path() / "simcluster-twin-XXXXXX").string();
    if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~Scratch() {
    std::error_code ignored;
    if (!path_.empty() && std::getenv("SIMCLUSTER_KEEP") == nullptr) fs::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::string read_all(const fs::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string output_of(const std::string& command) {
  std::string text;
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return text;
  std::array<char, 4096> part{};
  while (const std::size_t got = std::fread(part.data(), 1, part.size(), pipe)) text.append(part.data(), got);
  ::pclose(pipe);
  return text;
}

bool installed(std::string_view program) {
  return !output_of(fmt::format("command -v {} 2>/dev/null", program)).empty();
}

// "08:04:21.783682" or "08:04:21.783" as milliseconds of the day.
std::optional<std::int64_t> day_time(std::string_view text) {
  if (text.size() < 12 || text[2] != ':' || text[5] != ':' || text[8] != '.') return std::nullopt;
  std::array<std::int64_t, 4> parts{};
  const std::array<std::string_view, 4> digits = {text.substr(0, 2), text.substr(3, 2), text.substr(6, 2),
                                                  text.substr(9, 3)};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto value = sim::parse_integer(digits[i]);
    if (!value) return std::nullopt;
    parts[i] = *value;
  }
  return ((parts[0] * 60 + parts[1]) * 60 + parts[2]) * 1000 + parts[3];
}

// Nov 21 08:56:51.599 node1 pacemaker-controld  [51] (log_executor_event)  notice: Result of start operation ... |
// call=10
std::optional<LogLine> parse_pacemaker_line(std::string_view line) {
  if (line.size() < 20 || line.find(" pacemaker-controld ") == std::string_view::npos) return std::nullopt;
  const auto time = day_time(line.substr(7));
  const auto priority = line.find("\t");
  if (!time || priority == std::string_view::npos) return std::nullopt;
  const auto text = line.find(": ", priority);
  if (text == std::string_view::npos) return std::nullopt;
  return LogLine{*time, manager_text(line.substr(text + 2))};
}

void read_log(const fs::path& path, const std::string& node, std::int64_t zero,
              std::optional<LogLine> (*parse)(std::string_view), Lines& run) {
  std::istringstream text(read_all(path));
  for (std::string line; std::getline(text, line);) {
    const auto parsed = parse(line);
    if (!parsed || !is_kept(parsed->text)) continue;
    std::int64_t ms = parsed->day_ms - zero;
    if (ms < -kDay / 2) ms += kDay;  // past midnight
    run.push_back({std::max<std::int64_t>(ms, 0), node, Line::Kind::kLog, parsed->text});
  }
}

// "did 10005 node3 power_off node3", then "out ..." for what a tool printed.
Result<std::int64_t> read_events(const fs::path& path, Lines& run) {
  std::istringstream text(read_all(path));
  std::int64_t zero = -1;
  Line done;
  for (std::string line; std::getline(text, line);) {
    std::istringstream words(line);
    std::string first;
    words >> first;
    if (first == "zero") {
      zero = day_time(line.substr(5)).value_or(-1);
    } else if (first == "did") {
      words >> done.ms >> done.node;
      words.get();
      std::getline(words, done.text);
      done.kind = Line::Kind::kDone;
      run.push_back(done);
    } else if (first == "out") {
      const std::string output = line.size() > 4 ? line.substr(4) : "";
      run.push_back(
          {done.ms, done.node, Line::Kind::kOutput, output.starts_with("Date: ") ? "Date:             -" : output});
    }
  }
  if (zero < 0) return fail("the real cluster did not start");
  return zero;
}

}  // namespace

std::optional<LogLine> parse_log_line(std::string_view line) {
  // Nov 21 08:04:22.167 [28] node1 corosync notice  [TOTEM ] A new membership ...
  const auto bracket = line.find(" [", line.find("] ") == std::string_view::npos ? 0 : line.find("] "));
  if (line.size() < 20 || bracket == std::string_view::npos) return std::nullopt;
  const auto time = day_time(line.substr(7));
  if (!time) return std::nullopt;
  std::string text(line.substr(bracket + 1));
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return LogLine{*time, std::move(text)};
}

// 2026-11-21 16:05:22.123 corosync notice: [TOTEM ] A new membership ...
std::optional<LogLine> parse_clusterd_line(std::string_view line) {
  constexpr std::size_t kDate = 11, kTime = 12;
  if (line.size() < kDate + kTime) return std::nullopt;
  const auto time = day_time(line.substr(kDate));
  const auto text = line.find(": ", kDate + kTime);
  if (!time || text == std::string_view::npos) return std::nullopt;
  const std::string_view said = line.substr(text + 2);
  if (line.substr(kDate + kTime).starts_with(" corosync ")) return LogLine{*time, std::string(said)};
  return LogLine{*time, manager_text(said)};
}

std::string manager_text(std::string_view text) {
  const bool result = text.starts_with("Result of ");
  const bool fenced = text.starts_with("Peer ") && text.find(" was terminated ") != std::string_view::npos;
  if (!result && !fenced) return {};
  text = text.substr(0, text.find(" | "));
  // The process id of whoever asked.
  if (fenced) text = text.substr(0, text.find(" on behalf of"));
  return fmt::format("{}{}", kManager, text);
}

bool is_kept(std::string_view text) {
  if (text.starts_with(kManager)) return true;
  if (text.starts_with("[QUORUM] Using ") || text.starts_with("[TOTEM ] Initializing ") ||
      text.starts_with("[TOTEM ] Config") || text.starts_with("[TOTEM ] totemknet") ||
      text.starts_with("[TOTEM ] kronosnet"))
    return false;
  if (text.starts_with("[TOTEM ]") || text.starts_with("[QUORUM]") || text.starts_with("[VOTEQ ]")) return true;
  if (text.starts_with("[KNET  ]")) return text.ends_with(" is up") || text.ends_with(" is down");
  return text.starts_with("[MAIN  ]") &&
         (text.find("not scheduled") != std::string_view::npos || text.find("exiting") != std::string_view::npos ||
          text.find("starting up") != std::string_view::npos);
}

std::optional<std::string> cannot_run_real(const RealStack& stack) {
  if (::geteuid() != 0) return "a real cluster needs root";
  std::vector<std::string_view> programs = {"ip", "nft", "nsenter", "unshare", "pgrep", "bash"};
  if (!stack.clusterd.empty())
    programs.insert(programs.end(), {stack.clusterd, stack.clusterctl});
  else
    programs.emplace_back("corosync");
  if (stack.clusterd.empty() && stack.pacemaker) programs.insert(programs.end(), {"pacemakerd", "crm_mon"});
  for (const auto program : programs)
    if (!installed(program)) return fmt::format("{} is not installed", program);
  return std::nullopt;
}

std::vector<std::string> package_versions(const RealStack& stack) {
  std::vector<std::string> versions;
  const bool debian = stack.clusterd.empty();
  if (!debian) versions.push_back(fmt::format("clusterd {}", SIMCLUSTER_VERSION));
  std::istringstream text(
      output_of(fmt::format("dpkg-query -W -f '${{Package}} ${{Version}}\\n' {} libknet1 {} 2>/dev/null",
                            debian ? "corosync" : "", debian && stack.pacemaker ? "pacemaker" : "")));
  for (std::string line; std::getline(text, line);) versions.push_back(line);
  return versions;
}

Result<Lines> run_real(const std::string& script, const RealStack& stack) {
  const Scratch scratch;
  if (scratch.path().empty()) return fail("no folder for temporary files can be made");
  const fs::path file = scratch.path() / "script";
  std::ofstream(file) << script;
  std::string command;
  if (!stack.clusterd.empty())
    command = fmt::format("SIMCLUSTER_STACK=clusterd CLUSTERD='{}' CLUSTERCTL='{}' COROSYNC='{}' PACEMAKER='{}' ",
                          stack.clusterd, stack.clusterctl, stack.corosync_release, stack.pacemaker_release);
  command += fmt::format("bash '{}' '{}' '{}' </dev/null >'{}/out' 2>&1", SIMCLUSTER_REAL_SH, file.string(),
                         scratch.path().string(), scratch.path().string());
  if (std::system(command.c_str()) != 0)
    return fail("the real cluster could not be run: " + read_all(scratch.path() / "out"));
  Lines run;
  const auto zero = read_events(scratch.path() / "events.log", run);
  if (!zero) return tl::unexpected(zero.error());
  std::vector<fs::path> nodes;
  for (const auto& entry : fs::directory_iterator(scratch.path()))
    if (entry.is_directory()) nodes.push_back(entry.path());
  std::sort(nodes.begin(), nodes.end());
  for (const auto& node : nodes) {
    const std::string name = node.filename().string();
    read_log(node / "log" / "corosync.log", name, *zero, parse_log_line, run);
    read_log(node / "clusterd.log", name, *zero, parse_clusterd_line, run);
    read_log(node / "pacemaker" / "pacemaker.log", name, *zero, parse_pacemaker_line, run);
  }
  sort_lines(run);
  return run;
}

}  // namespace simcluster::twin
