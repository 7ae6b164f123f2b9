// Runs the installed Pacemaker's crm_simulate and "simcluster replay" over the same files, in turns, and prints what
// each needed and how many times less the latter did.
//
//   compare_crm_simulate [--reference PROGRAM] [--limit SECONDS] [--rounds N] [--only TEXT]
//
// A program is stopped after SECONDS (120) of CPU time.
// CPU time is the measure: other load on the machine spoils wall time. Of several rounds the best one counts.
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/shared_corpus.h"

namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

struct Usage {
  bool stopped = false;
  int status = 0;
  double cpu = std::numeric_limits<double>::infinity();   // seconds
  double wall = std::numeric_limits<double>::infinity();  // seconds
  double memory = 0;                                      // MB, the process's peak
};

double monotonic_seconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

[[noreturn]] void become(const Words& command, const fs::path& output, int limit_seconds) {
  const int out = open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  const int none = open("/dev/null", O_WRONLY);
  dup2(out, STDOUT_FILENO);
  dup2(none, STDERR_FILENO);
  const auto limit = static_cast<rlim_t>(limit_seconds);
  const rlimit cpu{limit, limit + 1};
  setrlimit(RLIMIT_CPU, &cpu);
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  execvp(words[0], words.data());
  _exit(127);
}

// Runs a program to its end, or until it has used up its CPU time.
Usage run(const Words& command, const fs::path& output, int limit_seconds) {
  const double begin = monotonic_seconds();
  const pid_t child = fork();
  if (child == 0) become(command, output, limit_seconds);
  rusage used{};
  int status = 0;
  wait4(child, &status, 0, &used);
  Usage usage;
  usage.stopped = WIFSIGNALED(status) && (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL);
  usage.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  usage.cpu = seconds(used.ru_utime) + seconds(used.ru_stime);
  usage.wall = monotonic_seconds() - begin;
  usage.memory = static_cast<double>(used.ru_maxrss) / 1024;
  return usage;
}

void keep_best(Usage& best, const Usage& next) {
  best.stopped = best.stopped || next.stopped;
  best.status = next.status;
  best.cpu = std::min(best.cpu, next.cpu);
  best.wall = std::min(best.wall, next.wall);
  best.memory = std::max(best.memory, next.memory);
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Options and versions as crm_simulate 2.1.5 knows them, so that both programs do the same work.
std::string in_old_words(std::string text) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kWords{{
      {"name=\"fencing-enabled\"", "name=\"stonith-enabled\""},
      {"name=\"fencing-action\"", "name=\"stonith-action\""},
      {"name=\"fencing-timeout\"", "name=\"stonith-timeout\""},
      {"name=\"fencing-watchdog-timeout\"", "name=\"stonith-watchdog-timeout\""},
      {"name=\"fencing-max-attempts\"", "name=\"stonith-max-attempts\""},
      {"validate-with=\"pacemaker-3.10\"", "validate-with=\"pacemaker-3.9\""},
  }};
  for (const auto& [now, then] : kWords) {
    for (std::size_t at = 0; (at = text.find(now, at)) != std::string::npos; at += then.size()) {
      text.replace(at, now.size(), then);
    }
  }
  return text;
}

struct Row {
  std::string title;
  std::string family;  // of generate_cluster; "corpus": the public corpus
  int size = 0;
  bool simulate = false;  // "-x FILE -S", else "--profile" with a folder
  bool schedule = true;   // one scheduling pass, without process start and reading
  int rounds = 3;
};

const std::vector<Row>& rows() {
  static const std::vector<Row> all{
      {"public corpus, one warm pass", "corpus", 0, false, true, 3},
      {"one process, 3 primitives, -S", "fresh", 3, true, false, 15},
      {"fresh, 8 nodes, 1,600 primitives", "fresh", 1600, false, false, 2},
      {"fresh, 8 nodes, 400 primitives, -S", "fresh", 400, true, false, 1},
      {"fresh, 64 nodes, 500 primitives", "fresh_64_nodes", 500, false, false, 1},
      {"steady, 8 nodes, 10,000 primitives", "steady", 10000, false, false, 1},
      {"4 optional colocations each, 200", "optional_colocations_fresh", 200, false, false, 1},
      {"16 primitives, same with -S", "optional_colocations_fresh", 16, true, false, 3},
      {"failed node, 32 promotables, -S", "promotables_failed", 256, true, false, 2},
      {"clones with dependents, 400, -S", "clones_fresh", 400, true, false, 1},
  };
  return all;
}

class Comparison {
 public:
  Comparison(fs::path programs, std::string reference, int limit, int rounds)
      : programs_(std::move(programs)), reference_(std::move(reference)), limit_(limit), rounds_(rounds) {
    std::string pattern = (fs::temp_directory_path() / "compare.XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    folder_ = pattern;
  }
  ~Comparison() {
    std::error_code none;
    fs::remove_all(folder_, none);
  }
  Comparison(const Comparison&) = delete;
  Comparison& operator=(const Comparison&) = delete;

  void compare(const Row& row) {
    const fs::path inputs = folder_ / "inputs";
    fs::remove_all(inputs);
    fs::create_directory(inputs);
    if (!prepare(row, inputs)) return;
    Usage theirs;
    Usage ours;
    bool same = true;
    const int rounds = rounds_ > 0 ? rounds_ : row.rounds;
    for (int i = 0; i < rounds; ++i) {
      if (!theirs.stopped) keep_best(theirs, measure(row, {reference_}, inputs, "theirs"));
      keep_best(ours, measure(row, {(programs_ / "simcluster").string(), "replay"}, inputs, "ours"));
      if (row.simulate) same = same && read_file(folder_ / "theirs") == read_file(folder_ / "ours");
    }
    if (ours.status != 0 || (theirs.status != 0 && !theirs.stopped)) {
      std::printf("%-36s FAILED: status %d of the reference, %d of ours\n", row.title.c_str(), theirs.status,
                  ours.status);
      return;
    }
    print(row, theirs, ours, theirs.stopped || !row.simulate ? "-" : same ? "same" : "DIFFERENT");
  }

 private:
  bool prepare(const Row& row, const fs::path& inputs) {
    if (row.family == "corpus") {
      const std::vector<fs::path> files = simcluster::bench::corpus_files();
      for (const fs::path& file : files) std::ofstream(inputs / file.filename()) << in_old_words(read_file(file));
      if (files.empty()) std::printf("%-36s skipped: there is no corpus (set SIMCLUSTER_SHARED)\n", row.title.c_str());
      return !files.empty();
    }
    return run({(programs_ / "generate_cluster").string(), row.family, std::to_string(row.size)}, inputs / "cib.xml",
               limit_)
               .status == 0;
  }

  Usage measure(const Row& row, Words command, const fs::path& inputs, const char* name) {
    const Words options = row.simulate ? Words{"-x", (inputs / "cib.xml").string(), "-S"}
                                       : Words{"--profile", inputs.string(), "--repeat", "1"};
    command.insert(command.end(), options.begin(), options.end());
    const Usage once = run(command, folder_ / name, limit_);
    if (row.simulate || !row.schedule || once.stopped) return once;
    constexpr int kMore = 4;
    command.back() = std::to_string(1 + kMore);
    Usage more = run(command, folder_ / name, limit_);
    more.cpu = (more.cpu - once.cpu) / kMore;
    more.wall = (more.wall - once.wall) / kMore;
    return more;
  }

  void print(const Row& row, const Usage& theirs, const Usage& ours, const char* output) const {
    const char* more = theirs.stopped ? ">" : "";
    std::printf("%-36s %1s%9.1f %9.1f %1s%7.0fx %1s%8.0f %8.0f %7.0f %7.0f %5.1fx  %s%s\n", row.title.c_str(), more,
                theirs.cpu * 1000, ours.cpu * 1000, more, theirs.cpu / ours.cpu, more, theirs.wall * 1000,
                ours.wall * 1000, theirs.memory, ours.memory, theirs.memory / ours.memory, output,
                theirs.stopped ? (", stopped after " + std::to_string(limit_) + " s of CPU time").c_str() : "");
    std::fflush(stdout);
  }

  fs::path programs_;
  std::string reference_;
  int limit_;
  int rounds_;
  fs::path folder_;
};

int usage() {
  std::fputs("Usage: compare_crm_simulate [--reference PROGRAM] [--limit SECONDS] [--rounds N] [--only TEXT]\n",
             stderr);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  std::string reference = "/usr/sbin/crm_simulate";
  std::string only;
  int limit = 120;
  int rounds = 0;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view option = argv[i];
    if (i + 1 == argc) return usage();
    if (option == "--reference") {
      reference = argv[i + 1];
    } else if (option == "--only") {
      only = argv[i + 1];
    } else if (option == "--limit") {
      limit = std::atoi(argv[i + 1]);
    } else if (option == "--rounds") {
      rounds = std::atoi(argv[i + 1]);
    } else {
      return usage();
    }
  }
  if (access(reference.c_str(), X_OK) != 0) {
    std::printf("skipped: there is no %s (Debian package pacemaker-cli-utils)\n", reference.c_str());
    return 77;
  }
  std::printf("%-36s %30s %18s %23s\n", "", "CPU ms", "wall ms", "peak RSS MB");
  std::printf("%-36s %10s %9s %9s %9s %8s %7s %7s %6s  %s\n", "", "reference", "ours", "ratio", "ref.", "ours", "ref.",
              "ours", "ratio", "output");
  Comparison comparison(fs::read_symlink("/proc/self/exe").parent_path(), reference, limit, rounds);
  for (const Row& row : rows()) {
    if (row.title.find(only) != std::string::npos) comparison.compare(row);
  }
  return 0;
}
