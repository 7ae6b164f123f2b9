// The promise of the state store, against a disk that can lose everything that was not synced, and against SIGKILL at
// every system call of the real one.
#include "tools/clusterd/state_store.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/random.h"

namespace simcluster::clusterd {
namespace {

struct PowerCut {};

// What an unsynced part looks like after the power came back.
enum class Survives : unsigned char { kNothing, kHalf, kAll };

// A disk with a cache. `steps` operations are done, then the power goes.
class Disk {
 public:
  struct File {
    std::string content;
    std::string durable;
  };
  using Directory = std::map<std::string, std::shared_ptr<File>>;

  void step() {
    if (steps_left == 0) throw PowerCut{};
    --steps_left;
  }
  // The power comes back: what was in the cache is lost, in part or not at all.
  void reboot(Survives data, Survives names) {
    if (names != Survives::kAll) {
      // Half: what was done first is there, what came later is not.
      const std::size_t kept = names == Survives::kNothing ? 0 : pending.size() / 2;
      Directory directory = durable;
      for (std::size_t i = 0; i < kept; ++i) pending[i](directory);
      current = directory;
    }
    for (auto& [name, file] : current) {
      if (file->content == file->durable) continue;
      if (data == Survives::kNothing) file->content = file->durable;
      if (data == Survives::kHalf) file->content.resize(file->content.size() / 2);
      file->durable = file->content;
    }
    durable = current;
    pending.clear();
    steps_left = ~std::size_t{0};
  }

  std::size_t steps_left = ~std::size_t{0};
  Directory current;
  Directory durable;
  std::vector<std::function<void(Directory&)>> pending;  // changes of names since the last sync
};

class CachedFiles : public StoreFiles {
 public:
  explicit CachedFiles(Disk& disk) : disk_(disk) {}
  Result<void> create(const std::string& name) override {
    disk_.step();
    file_ = std::make_shared<Disk::File>();
    change([name, file = file_](Disk::Directory& d) { d[name] = file; });
    return {};
  }
  Result<void> write(std::string_view bytes) override {
    // Two halves: the power may go in the middle.
    for (const std::string_view part : {bytes.substr(0, bytes.size() / 2), bytes.substr(bytes.size() / 2)}) {
      disk_.step();
      file_->content += part;
    }
    return {};
  }
  Result<void> sync() override {
    disk_.step();
    file_->durable = file_->content;
    return {};
  }
  void finish() override { file_.reset(); }
  Result<void> rename(const std::string& from, const std::string& to) override {
    disk_.step();
    change([from, to](Disk::Directory& d) {
      const auto it = d.find(from);
      if (it == d.end()) return;
      d[to] = it->second;
      d.erase(it);
    });
    return {};
  }
  Result<void> sync_directory() override {
    disk_.step();
    disk_.durable = disk_.current;
    disk_.pending.clear();
    return {};
  }
  Result<void> remove(const std::string& name) override {
    disk_.step();
    change([name](Disk::Directory& d) { d.erase(name); });
    return {};
  }
  std::vector<std::string> list() const override {
    std::vector<std::string> names;
    for (const auto& [name, file] : disk_.current) names.push_back(name);
    return names;
  }
  std::optional<std::int64_t> written_at(const std::string&) const override { return std::nullopt; }
  std::optional<std::string> read(const std::string& name) const override {
    const auto it = disk_.current.find(name);
    if (it == disk_.current.end()) return std::nullopt;
    return it->second->content;
  }

 private:
  void change(std::function<void(Disk::Directory&)> how) {
    how(disk_.current);
    disk_.pending.push_back(std::move(how));
  }
  Disk& disk_;
  std::shared_ptr<Disk::File> file_;
};

StateStore open(Disk& disk) { return StateStore(std::make_unique<CachedFiles>(disk), 2); }

std::string value(int n) { return std::string(100, 'x') + std::to_string(n); }

TEST(StateStore, GivesBackWhatWasPutLast) {
  Disk disk;
  {
    StateStore store = open(disk);
    EXPECT_FALSE(store.get("cib.xml"));
    ASSERT_TRUE(store.put("cib.xml", "one"));
    ASSERT_TRUE(store.put("cib.xml", std::string("two\n\0three", 10)));
    ASSERT_TRUE(store.put("../../etc/passwd", "harmless"));
  }
  StateStore store = open(disk);
  EXPECT_EQ(store.get("cib.xml"), std::string("two\n\0three", 10));
  EXPECT_EQ(store.get("../../etc/passwd"), "harmless");
  for (const auto& [name, file] : disk.current) EXPECT_EQ(name.find('/'), std::string::npos) << name;
}

TEST(StateStore, KeepsSoManyVersions) {
  Disk disk;
  StateStore store = open(disk);
  for (int i = 1; i <= 5; ++i) ASSERT_TRUE(store.put("k", value(i)));
  EXPECT_EQ(store.versions("k"), (std::vector<std::uint64_t>{4, 5}));
  EXPECT_EQ(store.get_version("k", 4), value(4));
  EXPECT_EQ(disk.current.size(), 2U);
}

TEST(StateStore, ADamagedVersionIsPassedOverAndSaidSo) {
  Disk disk;
  StateStore store = open(disk);
  ASSERT_TRUE(store.put("k", value(1)));
  ASSERT_TRUE(store.put("k", value(2)));
  disk.current.rbegin()->second->content.back() ^= 1;
  std::vector<std::string> damaged;
  EXPECT_EQ(store.get("k", &damaged), value(1));
  ASSERT_EQ(damaged.size(), 1U);
  EXPECT_EQ(damaged[0], "version 2 of k is damaged; the one before is used");
  // Cut anywhere, or with something behind its end, it is damaged as well.
  const std::string whole = disk.current.begin()->second->content;
  for (std::size_t length = 0; length < whole.size(); ++length) {
    disk.current.begin()->second->content = whole.substr(0, length);
    EXPECT_FALSE(store.get("k")) << length;
  }
  disk.current.begin()->second->content = whole + "x";
  EXPECT_FALSE(store.get("k"));
}

TEST(StateStore, AValueThatIsThereAndCannotBeReadIsToldOf) {
  Disk disk;
  EXPECT_TRUE(check_store(CachedFiles(disk)));
  StateStore store = open(disk);
  ASSERT_TRUE(store.put("a", value(1)));
  ASSERT_TRUE(store.put("cib.xml", value(1)));
  ASSERT_TRUE(store.put("cib.xml", value(2)));
  disk.current.at("cib%2Exml.00000000000000000002")->content.clear();
  EXPECT_TRUE(check_store(CachedFiles(disk))) << "one is left";
  disk.current.at("cib%2Exml.00000000000000000001")->content.front() ^= 1;
  const auto checked = check_store(CachedFiles(disk));
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().message,
            "every version of cib%2Exml is damaged (cib%2Exml.*, 2 of them); remove them to begin without that value, "
            "or put a good one there");
}

// Anything may have happened to any file of the directory: what is given back is a version that was written, the newest
// that is whole, or it is said that none is left.
TEST(StateStore, WhateverHappensToItsFiles) {
  const std::vector<std::string> keys = {"cib.xml", "ring_sequence", "fencing_history", "life"};
  Random random(1, "damage");
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random.below(n)); };
  for (int round = 0; round < 500; ++round) {
    Disk disk;
    {
      StateStore store(std::make_unique<CachedFiles>(disk), 3);
      for (int i = 1; i <= 5; ++i)
        for (const std::string& key : keys) ASSERT_TRUE(store.put(key, key + value(i)));
    }
    const std::map<std::string, std::string> whole = [&] {
      std::map<std::string, std::string> contents;
      for (const auto& [name, file] : disk.current) contents[name] = file->content;
      return contents;
    }();
    for (std::size_t damages = 1 + below(12); damages > 0 && !disk.current.empty(); --damages) {
      const auto victim = std::next(disk.current.begin(), static_cast<std::ptrdiff_t>(below(disk.current.size())));
      std::string& content = victim->second->content;
      switch (below(6)) {
        case 0:
          content.resize(below(content.size() + 1));
          break;
        case 1:
          if (!content.empty()) content[below(content.size())] ^= static_cast<char>(1 << below(8));
          break;
        case 2:
          content.append(1 + below(100), '\0');
          break;
        case 3:
          content = std::string(below(200), static_cast<char>(below(256)));
          break;
        case 4:
          disk.current.erase(victim);
          break;
        case 5:
          disk.current[victim->first + (below(2) == 0 ? ".new" : "x")] = victim->second;
          break;
      }
    }
    bool readable = true;
    for (const std::string& key : keys) {
      std::optional<std::string> expected;
      bool any = false;
      StateStore store(std::make_unique<CachedFiles>(disk), 3);
      for (const std::uint64_t number : store.versions(key)) {
        any = true;
        std::string stem = key == "cib.xml" ? "cib%2Exml" : key;
        const std::string name = fmt::format("{}.{:020}", stem, number);
        const auto was = whole.find(name);
        if (was != whole.end() && disk.current.at(name)->content == was->second)
          expected = key + value(static_cast<int>(number));
      }
      EXPECT_EQ(store.get(key), expected) << round << " " << key;
      readable = readable && (expected || !any);
    }
    EXPECT_EQ(check_store(CachedFiles(disk)).has_value(), readable) << round;
    // And it goes on.
    StateStore store(std::make_unique<CachedFiles>(disk), 3);
    for (const std::string& key : keys) {
      ASSERT_TRUE(store.put(key, "after"));
      EXPECT_EQ(store.get(key), "after") << round << " " << key;
    }
  }
}

// The power goes at every step of ten updates, and every part of the cache survives, half of it, or nothing.
TEST(StateStore, APowerCutAtAnyStepLosesNothingAcknowledged) {
  int cuts = 0;
  for (const Survives data : {Survives::kNothing, Survives::kHalf, Survives::kAll})
    for (const Survives names : {Survives::kNothing, Survives::kHalf, Survives::kAll})
      for (std::size_t steps = 0;; ++steps) {
        Disk disk;
        disk.steps_left = steps;
        int acknowledged = 0;
        bool cut = false;
        try {
          StateStore store = open(disk);
          for (int i = 1; i <= 10; ++i)
            if (store.put("k", value(i))) acknowledged = i;
        } catch (const PowerCut&) {
          cut = true;
        }
        if (!cut) break;
        ++cuts;
        disk.reboot(data, names);
        StateStore store = open(disk);
        const auto found = store.get("k");
        const auto context = fmt::format("{} steps, acknowledged {}", steps, acknowledged);
        if (acknowledged == 0) {
          EXPECT_TRUE(!found || *found == value(1)) << context;
        } else {
          EXPECT_TRUE(found == value(acknowledged) || found == value(acknowledged + 1)) << context;
        }
        ASSERT_TRUE(store.put("k", "after")) << context;
        EXPECT_EQ(open(disk).get("k"), "after") << context;
      }
  EXPECT_GT(cuts, 500);
}

// A store that forgets to sync is found out: the test above can fail.
class ForgetfulFiles final : public CachedFiles {
 public:
  using CachedFiles::CachedFiles;
  Result<void> sync() override { return {}; }
};

TEST(StateStore, WithoutSyncAnUpdateIsLost) {
  Disk disk;
  StateStore store(std::make_unique<ForgetfulFiles>(disk), 2);
  ASSERT_TRUE(store.put("k", value(1)));
  disk.reboot(Survives::kNothing, Survives::kAll);
  EXPECT_FALSE(open(disk).get("k"));
}

class FullDisk final : public CachedFiles {
 public:
  using CachedFiles::CachedFiles;
  Result<void> write(std::string_view) override { return fail("no space left on device"); }
};

TEST(StateStore, AFullDiskKeepsTheLastVersion) {
  Disk disk;
  ASSERT_TRUE(open(disk).put("k", value(1)));
  StateStore store(std::make_unique<FullDisk>(disk), 2);
  EXPECT_FALSE(store.put("k", value(2)));
  EXPECT_EQ(store.get("k"), value(1));
  EXPECT_EQ(disk.current.size(), 1U);  // nothing unfinished is left
  EXPECT_EQ(open(disk).get("k"), value(1));
}

// --- SIGKILL at every system call of the real files ------------------------------------------------------------------

// Runs `updates` puts in a traced child that is killed at its `stop`-th system call stop (entry and exit count).
// Returns the last number that the child called acknowledged, kAtItsEnd when it came to its end before that, or
// kUntraceable.
constexpr int kAtItsEnd = -1, kUntraceable = -2;
constexpr int kNotTraced = 77;
int run_and_kill(const std::string& directory, int updates, long stop, volatile int* acknowledged) {
  *acknowledged = 0;
  const pid_t child = fork();
  if (child == 0) {
    if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(kNotTraced);
    raise(SIGSTOP);
    auto files = open_store_directory(directory);
    if (!files) _exit(1);
    StateStore store(std::move(*files), 2);
    for (int i = 1; i <= updates; ++i)
      if (store.put("k", value(i))) *acknowledged = i;
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFEXITED(status)) return WEXITSTATUS(status) == kNotTraced ? kUntraceable : kAtItsEnd;
  for (long stops = 0; stops < stop; ++stops) {
    ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
    waitpid(child, &status, 0);
    if (WIFEXITED(status)) return kAtItsEnd;
  }
  kill(child, SIGKILL);
  waitpid(child, &status, 0);
  return *acknowledged;
}

TEST(StateStore, AKillAtAnySystemCallLosesNothingAcknowledged) {
  const std::string directory = std::filesystem::temp_directory_path() / fmt::format("state_store_{}", getpid());
  auto* acknowledged =
      static_cast<volatile int*>(mmap(nullptr, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(acknowledged, MAP_FAILED);
  int kills = 0;
  for (long stop = 1;; ++stop) {
    std::filesystem::remove_all(directory);
    const int last = run_and_kill(directory, 4, stop, acknowledged);
    if (last == kUntraceable) GTEST_SKIP() << "processes cannot be traced here";
    if (last == kAtItsEnd) break;
    ++kills;
    auto files = open_store_directory(directory);
    ASSERT_TRUE(files);
    StateStore store(std::move(*files), 2);
    const auto found = store.get("k");
    if (last == 0)
      EXPECT_TRUE(!found || *found == value(1)) << stop;
    else
      EXPECT_TRUE(found == value(last) || found == value(last + 1)) << stop << " acknowledged " << last;
    ASSERT_TRUE(store.put("k", "after"));
    EXPECT_EQ(store.get("k"), "after");
  }
  EXPECT_GT(kills, 60);
  std::filesystem::remove_all(directory);
}

// What a kill cannot show, since the kernel lives on: the order in which the real files are synced and named.
TEST(StateStore, TheRealFilesAreSyncedBeforeTheyAreNamedAndTheDirectoryAfterwards) {
  const std::string directory = std::filesystem::temp_directory_path() / fmt::format("state_order_{}", getpid());
  std::filesystem::create_directories(directory);
  const pid_t child = fork();
  if (child == 0) {
    auto files = open_store_directory(directory);
    StateStore store(std::move(*files), 2);
    if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(kNotTraced);
    raise(SIGSTOP);
    _exit(store.put("k", value(1)) ? 0 : 1);
  }
  std::string calls;
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFEXITED(status)) GTEST_SKIP() << "processes cannot be traced here";
  ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACESYSGOOD);
  std::map<std::uint64_t, std::string> names = {
      {SYS_openat, "open"}, {SYS_write, "write"}, {SYS_fsync, "sync"}, {SYS_renameat, "rename"}, {SYS_close, "close"}};
  std::uint64_t file = 0;  // the descriptor of the first write
  while (true) {
    ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
    waitpid(child, &status, 0);
    if (WIFEXITED(status)) break;
    __ptrace_syscall_info info{};
    if (ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, &info) <= 0) GTEST_SKIP() << "system calls cannot be read";
    if (info.op != PTRACE_SYSCALL_INFO_ENTRY || !names.contains(info.entry.nr)) continue;
    if (info.entry.nr == SYS_write) file = info.entry.args[0];
    const bool of_file = info.entry.nr == SYS_fsync && info.entry.args[0] == file;
    calls += names[info.entry.nr] + (info.entry.nr != SYS_fsync ? " " : of_file ? "(file) " : "(directory) ");
  }
  std::filesystem::remove_all(directory);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(calls, "open write write sync(file) close rename sync(directory) ");
}

}  // namespace
}  // namespace simcluster::clusterd
