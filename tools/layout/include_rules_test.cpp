// A forbidden #include fails here even where the linker would not notice (headers without a library).
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace {

namespace fs = std::filesystem;

// Room and the rooms that it may include; every room may include itself. Same list as in CMakeLists.txt.
const std::map<std::string, std::set<std::string>>& allowed() {
  static const std::set<std::string> engine = {"engine/base",       "engine/cib",        "engine/scheduler",
                                               "engine/membership", "engine/agents",     "engine/executor",
                                               "engine/fencer",     "engine/controller", "engine/node"};
  static const auto with = [](std::set<std::string> rooms, std::initializer_list<const char*> more) {
    rooms.insert(more.begin(), more.end());
    return rooms;
  };
  static const std::map<std::string, std::set<std::string>> map = {
      {"engine/base", {}},
      {"engine/cib", {"engine/base"}},
      {"engine/scheduler", {"engine/base", "engine/cib"}},
      {"engine/membership", {"engine/base"}},
      {"engine/agents", {"engine/base"}},
      {"engine/executor", {"engine/base", "engine/agents"}},
      {"engine/fencer", {"engine/base", "engine/agents"}},
      {"engine/controller",
       {"engine/base", "engine/cib", "engine/scheduler", "engine/membership", "engine/executor", "engine/fencer",
        "engine/agents"}},
      {"engine/node", engine},
      {"sim/events", {"engine/base"}},
      {"sim/network", {"engine/base", "sim/events"}},
      {"sim/kernel", {"engine/base", "engine/agents", "sim/events", "sim/network"}},
      {"sim/scripts", {"engine/base", "engine/agents", "sim/events", "sim/network", "sim/kernel"}},
      {"sim/world", with(engine, {"sim/events", "sim/network", "sim/kernel"})},
      {"sim/faults", {"engine/base", "engine/agents", "sim/events", "sim/network", "sim/kernel", "sim/world"}},
      {"sim/checks", {"engine/base", "engine/membership", "sim/events", "sim/network", "sim/kernel", "sim/world"}},
      {"sim/soak",
       {"engine/base", "engine/membership", "sim/events", "sim/network", "sim/kernel", "sim/world", "sim/faults",
        "sim/checks"}},
      {"reports", {"engine/base", "engine/cib", "engine/scheduler"}},
      {"commands", {"engine/base", "engine/cib", "engine/scheduler", "reports"}},
      {"sim/scenario", with(engine, {"sim/events", "sim/network", "sim/kernel", "sim/world", "sim/faults", "sim/checks",
                                     "sim/scripts", "commands", "reports"})},
      {"sim/golden", {"engine/base", "sim/scenario", "reports"}},
      {"tools/clusterd", engine},
      {"tools/clusterctl", {"engine/base", "engine/cib", "reports", "commands"}},
  };
  return map;
}

// System headers that would give the engine a clock, a thread, a socket or randomness of its own (determinism rule 2).
const std::set<std::string>& outside_world() {
  static const std::set<std::string> headers = {"chrono",       "thread",       "random",
                                                "mutex",        "future",       "ctime",
                                                "time.h",       "unistd.h",     "condition_variable",
                                                "sys/socket.h", "netinet/in.h", "fcntl.h",
                                                "sys/time.h",   "fstream"};
  return headers;
}

std::string room_of(const std::string& path) {
  std::string best;
  for (const auto& [room, rooms] : allowed())
    if (path.rfind(room + "/", 0) == 0 && room.size() > best.size()) best = room;
  return best;
}

std::vector<fs::path> sources_below(const fs::path& root) {
  std::vector<fs::path> files;
  for (const char* top : {"engine", "sim", "reports", "commands", "tools/clusterd", "tools/clusterctl"})
    if (fs::exists(root / top))
      for (const auto& entry : fs::recursive_directory_iterator(root / top))
        if (entry.path().extension() == ".h" || entry.path().extension() == ".cpp") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

// What is wrong with the includes of one file, a line each.
std::string offences(const std::string& path, std::istream& text) {
  std::ostringstream out;
  const std::string room = room_of(path);
  const bool engine = path.rfind("engine/", 0) == 0 && path.find("_test.cpp") == std::string::npos;
  std::string line;
  for (int number = 1; std::getline(text, line); ++number) {
    const auto hash = line.find_first_not_of(" \t");
    if (hash == std::string::npos || line.compare(hash, 8, "#include") != 0) continue;
    const auto open = line.find_first_of("<\"", hash);
    if (open == std::string::npos) continue;
    const auto close = line.find_first_of(">\"", open + 1);
    const std::string name = line.substr(open + 1, close - open - 1);
    if (line[open] == '<') {
      if (engine && outside_world().contains(name))
        out << path << ":" << number << ": engine includes <" << name << ">\n";
      continue;
    }
    const std::string target = room_of(name);
    if (target.empty()) {
      if (name.rfind("tools/", 0) == 0 && room.rfind("tools/", 0) != 0)
        out << path << ":" << number << ": includes " << name << "\n";
      continue;
    }
    if (target != room && !allowed().at(room).contains(target))
      out << path << ":" << number << ": " << room << " may not include " << name << "\n";
  }
  return out.str();
}

TEST(IncludeRules, EveryRoomIncludesOnlyWhatItMayKnow) {
  const fs::path root(SIMCLUSTER_SOURCE_DIR);
  std::string all;
  int files = 0;
  for (const auto& file : sources_below(root)) {
    std::ifstream text(file);
    all += offences(fs::relative(file, root).generic_string(), text);
    ++files;
  }
  EXPECT_GT(files, 10);
  EXPECT_EQ(all, "");
}

TEST(IncludeRules, AForbiddenIncludeIsSeen) {
  std::istringstream wrong("#include \"sim/world/world.h\"\n  #include <chrono>\n");
  EXPECT_EQ(offences("engine/cib/x.h", wrong),
            "engine/cib/x.h:1: engine/cib may not include sim/world/world.h\n"
            "engine/cib/x.h:2: engine includes <chrono>\n");
  std::istringstream right("#include \"engine/base/ids.h\"\n#include <vector>\n");
  EXPECT_EQ(offences("engine/cib/x.h", right), "");
}

}  // namespace
