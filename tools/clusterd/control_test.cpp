// The control socket and what can be asked over it.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <fmt/core.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/base/random.h"
#include "engine/base/testing_host.h"
#include "tools/clusterd/control_requests.h"
#include "tools/clusterd/control_server.h"

namespace simcluster::clusterd {
namespace {

class RequestTest : public ::testing::Test {
 protected:
  static node::NodeConfig config() {
    node::NodeConfig config;
    config.name = "node1";
    config.id = ClusterNodeId(1);
    config.cib_limit = std::size_t{1} << 20;
    return config;
  }
  std::string ask(std::string_view request, Rights rights = Rights::kAll) {
    return answer_request(request, rights,
                          {node_, profile_, [this] { ++stops_; }, [this] { ++restarts_; }, "/nowhere",
                           [] {
                             return std::vector<std::string>{"pe-input-3.bz2", "pe-warn-0.bz2"};
                           },
                           [] {
                             return DroppedFrames{1, 2, 3, 4};
                           },
                           [this] { return waiting_; }});
  }

  TestingClock clock_;
  TestingHost host_{clock_, "node1"};
  Profile profile_;
  node::Node node_{host_, profile_, config()};
  int stops_ = 0;
  int restarts_ = 0;
  std::size_t waiting_ = 0;
};

TEST_F(RequestTest, StatusOfANodeThatDoesNotRunYet) {
  EXPECT_EQ(ask(R"({"request":"status"})"),
            fmt::format(
                R"({{"cib":{{"bytes":0,"least_limit":1048576,"limit":1048576}},)"
                R"("controller_state":"","dc":"","dropped":{{"malformed":2,"replayed":3,"requests":0,)"
                R"("unauthenticated":1,"unsent":4}},"members":[],"node":"node1","node_id":1,"ok":true,"quorate":false,)"
                R"("releases":{{"corosync":"{}","pacemaker":"{}"}},"unsupported":[],"version":"{}","warnings":[]}})",
                profile_.versions.corosync, profile_.versions.pacemaker, SIMCLUSTER_VERSION));
  EXPECT_EQ(ask(R"({"request":"crm","command":"node standby"})"),
            R"({"error":"the cluster software does not run on node1","kind":"failed","ok":false})");
}

TEST_F(RequestTest, WhatIsNotUnderstoodIsRefused) {
  constexpr std::string_view kNoObject =
      R"({"error":"expected one JSON object in a line","kind":"request","ok":false})";
  for (const char* text : {"", "status", "[1]", "{", "{\"request\":", "\xff\xfe"})
    EXPECT_EQ(ask(text), kNoObject) << text;
  EXPECT_EQ(ask(R"({"request":"dance"})"),
            R"({"error":"unknown request \"dance\"; expected one of status, cib, history, corosync, crm, load, )"
            R"(change_cib, take_cib, attribute, stonith_admin, shutdown, restart","kind":"request","ok":false})");
  EXPECT_EQ(ask(R"({"request":"crm","command":7})"),
            R"({"error":"\"command\" is missing; expected a string","kind":"failed","ok":false})");
}

TEST_F(RequestTest, HistoryNamesTheInputsOfAllSeries) {
  EXPECT_EQ(ask(R"({"request":"history"})"),
            R"({"directory":"/nowhere","inputs":["pe-input-3.bz2","pe-warn-0.bz2"],"ok":true})");
}

// Whatever comes in a line is answered by one object in a line.
TEST_F(RequestTest, AnythingIsAnswered) {
  const std::vector<std::string> seeds = {
      R"({"request":"status"})",
      R"({"request":"crm","command":"resource stop \"a b\""})",
      R"({"request":"load","text":"primitive a Dummy","method":"update","file":"f"})",
      R"({"request":"change_cib","change":"modify","section":"nodes","xml":"<nodes/>"})",
      R"({"request":"take_cib","cib":"<cib/>","seen":"0.0.0","wish":"bump","client":"x"})",
      R"({"request":"attribute","name":"a","value":"1","node":"node1","dampen":5})",
      R"({"request":"stonith_admin","arguments":"--reboot node1"})",
      R"({"request":"corosync","command":"corosync-quorumtool -s"})",
      R"({"request":"history"})"};
  const std::vector<std::string> pieces = {"null", "[]",   "{}", "-1",      "1e999", "18446744073709551616",
                                           "\"\"", "true", "\\", "\\u0000", "\xff",  "\"",
                                           "}",    ":"};
  Random random(1, "requests");
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random.below(n)); };
  for (int round = 0; round < 20'000; ++round) {
    std::string request = seeds[below(seeds.size())];
    for (std::size_t changes = 1 + below(4); changes > 0; --changes) {
      const std::size_t at = below(request.size() + 1), length = below(8);
      switch (below(5)) {
        case 0:
          request.erase(at, length);
          break;
        case 1:
          request.replace(at, length, pieces[below(pieces.size())]);
          break;
        case 2:
          request.insert(at, 1, static_cast<char>(below(256)));
          break;
        case 3:
          request += request.substr(at);
          break;
        case 4:
          request.insert(at, std::string(below(200), '['));
          break;
      }
    }
    const std::string answer = ask(request, below(2) == 0 ? Rights::kAll : Rights::kRead);
    ASSERT_TRUE(answer.starts_with('{') && answer.ends_with('}')) << request;
    ASSERT_NE(answer.find(R"("ok":)"), std::string::npos) << request;
    ASSERT_EQ(answer.find('\n'), std::string::npos) << request;
  }
}

TEST_F(RequestTest, NothingGrowsWithoutEnd) {
  const std::string load = R"({"request":"load","text":")" + std::string(896 << 10, 'x') + "\"}";
  EXPECT_EQ(
      ask(load),
      R"({"error":"the CIB would have more than 896 KiB, seven eighths of what it may have; what makes it smaller is taken","kind":"failed",)"
      R"("ok":false})");
  waiting_ = kMostWaiting + 1;
  constexpr std::string_view kBusy =
      R"({"error":"1001 messages wait for the ring; try again later","kind":"failed","ok":false})";
  EXPECT_EQ(ask(R"({"request":"attribute","name":"a","value":"1"})"), kBusy);
  EXPECT_EQ(ask(R"({"request":"crm","command":"node standby"})"), kBusy);
  EXPECT_NE(ask(R"({"request":"status"})").find(R"("ok":true)"), std::string::npos);
}

// What deletes is taken where there is no room.
TEST_F(RequestTest, WhatMakesTheCibSmallerHasRoom) {
  const std::string padding(896 << 10, ' ');
  const auto refused = [&](const std::string& members) {
    return ask("{" + members + padding + "}").find("seven eighths") != std::string::npos;
  };
  EXPECT_TRUE(refused(R"("request":"crm","command":"configure property a=b")"));
  EXPECT_FALSE(refused(R"("request":"crm","command":"configure delete a")"));
  EXPECT_FALSE(refused(R"("request":"crm","command":"resource cleanup")"));
  EXPECT_TRUE(refused(R"("request":"crm","command":"configure deleted")"));
  EXPECT_TRUE(refused(R"("request":"change_cib","change":"create","section":"resources","xml":"<a/>")"));
  EXPECT_FALSE(refused(R"("request":"change_cib","change":"delete","section":"resources","xml":"<a/>")"));
  EXPECT_TRUE(refused(R"("request":"attribute","name":"a","value":"b")"));
  EXPECT_FALSE(refused(R"("request":"attribute","name":"a")"));
}

TEST_F(RequestTest, ReadersMayOnlyLook) {
  EXPECT_NE(ask(R"({"request":"cib"})", Rights::kRead).find(R"("ok":true)"), std::string::npos);
  for (const char* name :
       {"crm", "load", "change_cib", "attribute", "stonith_admin", "shutdown", "restart", "corosync"}) {
    const std::string answer = ask(fmt::format(R"({{"request":"{}"}})", name), Rights::kRead);
    EXPECT_NE(answer.find(R"("kind":"rights")"), std::string::npos) << answer;
  }
  EXPECT_NE(ask(R"({"request":"status"})", Rights::kNone).find(R"("kind":"rights")"), std::string::npos);
  EXPECT_EQ(stops_, 0);
  EXPECT_EQ(restarts_, 0);
  ask(R"({"request":"shutdown"})");
  EXPECT_EQ(stops_, 1);
  ask(R"({"request":"restart"})");
  EXPECT_EQ(restarts_, 1);
}

class ServerTest : public ::testing::Test, public TimerClient {
 protected:
  ServerTest() {
    directory_ = std::filesystem::temp_directory_path() / fmt::format("control_{}", getpid());
    path_ = directory_ / "socket";
    loop_ = std::move(*EventLoop::create());
  }
  ~ServerTest() override { std::filesystem::remove_all(directory_); }

  Result<std::unique_ptr<ControlServer>> listen() {
    return ControlServer::listen(*loop_, path_, {group_, true, [this] { return owners_only_; }, idle_},
                                 [this](std::string_view request, Rights rights) {
                                   if (rights == Rights::kNone) return std::string("()");
                                   if (rights != Rights::kAll) return fmt::format("({})", request);
                                   if (request == "end") loop_->stop(0);
                                   if (request == "much") return ++much_, std::string(1 << 20, 'm');
                                   return fmt::format("<{}>", request);
                                 });
  }
  void on_timer(std::uint64_t) override { loop_->stop(1); }
  FileDescriptor connected() const {
    FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.c_str(), path_.size());
    if (connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) socket.reset();
    return socket;
  }
  // Sends all, reads until the other end has answered so many lines or closed.
  static std::string talk(const FileDescriptor& socket, const std::string& text, int lines) {
    if (!socket) return "no connection";
    const ssize_t sent = ::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(text.size())) return "cut off";
    std::string answer;
    std::array<char, 65'536> piece;
    while (std::ranges::count(answer, '\n') < lines) {
      const ssize_t got = ::read(socket.get(), piece.data(), piece.size());
      if (got <= 0) break;
      answer.append(piece.data(), static_cast<std::size_t>(got));
    }
    return answer;
  }
  std::string talk(const std::string& text, int lines) const { return talk(connected(), text, lines); }
  // Serves while `clients` ask, in a thread of theirs; they say "end" at last.
  void serve(const std::function<void()>& clients) {
    auto server = listen();
    ASSERT_TRUE(server) << server.error().text();
    std::thread thread([&] {
      clients();
      while (talk("end\n", 1) == "") usleep(1000);  // there may be too many still
    });
    const TimerId patience = loop_->start_timer(seconds(120), *this, 0);
    EXPECT_EQ(loop_->run(), 0) << "no answer";
    loop_->cancel_timer(patience);
    server->reset();  // whoever still waits for an answer sees the end
    thread.join();
  }

  int much_ = 0;
  std::string group_ = "no-such-group";
  bool owners_only_ = false;
  Duration idle_ = seconds(10);
  std::filesystem::path directory_;
  std::string path_;
  std::unique_ptr<EventLoop> loop_;
};

TEST_F(ServerTest, WhoDoesNotReadIsNotAnsweredMore) {
  serve([&] {
    std::string questions;
    for (int i = 0; i < 1000; ++i) questions += "much\n";
    const FileDescriptor silent = connected();
    talk(silent, questions, 0);
    talk("others are served\n", 1);
  });
  EXPECT_GE(much_, 1);
  EXPECT_LT(much_, 100);  // what fits into the socket: 2 as kernels are set up
}

TEST_F(ServerTest, ARequestWithoutAnEndIsCutOff) {
  std::string endless;
  serve([&] { endless = talk(std::string(ControlServer::kMaxRequest + (1 << 20), 'x'), 1); });
  EXPECT_TRUE(endless.empty() || endless == "cut off") << endless.size();
}

TEST_F(ServerTest, SoManyClientsAndNoMore) {
  std::string last;
  std::string one_more;
  serve([&] {
    std::vector<FileDescriptor> held;
    for (std::size_t i = 0; i < ControlServer::kMaxClients; ++i) held.push_back(connected());
    last = talk(held.back(), "last\n", 1);
    one_more = talk("one more\n", 1);
  });
  EXPECT_EQ(last, "<last>\n");
  EXPECT_TRUE(one_more.empty() || one_more == "cut off") << one_more;
}

// The calling thread, and nobody else, is another user meanwhile.
class AsNobody {
 public:
  AsNobody() { become(65'534); }
  ~AsNobody() { become(0); }

 private:
  static void become(uid_t user) { EXPECT_EQ(syscall(SYS_setresuid, -1, user, -1), 0); }
};

TEST_F(ServerTest, FewerOfThoseWhoMayOnlyLook) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to be another user";
  std::string last;
  std::string one_more;
  std::string operators;
  serve([&] {
    std::vector<FileDescriptor> held;
    {
      const AsNobody nobody;
      for (std::size_t i = 0; i < ControlServer::kMaxLookers; ++i) held.push_back(connected());
      last = talk(held.back(), "last\n", 1);
      one_more = talk("one more\n", 1);
    }
    operators = talk("operator\n", 1);
  });
  EXPECT_EQ(last, "(last)\n");
  EXPECT_TRUE(one_more.empty() || one_more == "cut off") << one_more;
  EXPECT_EQ(operators, "<operator>\n");
}

// A client that says nothing for a while is no reason to refuse another one.
TEST_F(ServerTest, WhoIsSilentMakesRoom) {
  std::string busy, new_one, silent_now = "?";
  idle_ = milliseconds(500);
  serve([&] {
    std::vector<FileDescriptor> held;
    for (std::size_t i = 0; i < ControlServer::kMaxClients; ++i) held.push_back(connected());
    talk(held.back(), "in\n", 1);
    std::this_thread::sleep_for(std::chrono::nanoseconds(2 * idle_.ns));
    busy = talk(held.front(), "still here\n", 1);
    new_one = talk("new\n", 1);
    silent_now = talk(held[1], "and now\n", 1);
  });
  EXPECT_EQ(busy, "<still here>\n");
  EXPECT_EQ(new_one, "<new>\n");
  EXPECT_TRUE(silent_now.empty() || silent_now == "cut off") << silent_now;
}

// The calling thread is in this group besides, and nobody else is.
class InGroup {
 public:
  explicit InGroup(gid_t group) { EXPECT_EQ(syscall(SYS_setgroups, 1, &group), 0); }
  ~InGroup() { EXPECT_EQ(syscall(SYS_setgroups, 0, nullptr), 0); }
};

TEST_F(ServerTest, GroupsOfTheOtherEndAreTheKernels) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to be another user";
  group_ = "daemon";
  const auto* entry = getgrnam(group_.c_str());
  if (entry == nullptr) GTEST_SKIP() << "no group daemon";
  std::string member, stranger;
  serve([&, gid = entry->gr_gid] {
    {
      const InGroup group(gid);
      const AsNobody nobody;
      member = talk("member\n", 1);
    }
    const InGroup group(65'534);
    const AsNobody nobody;
    stranger = talk("stranger\n", 1);
  });
  EXPECT_EQ(member, "<member>\n");
  EXPECT_EQ(stranger, "(stranger)\n");
}

// As while enable-acl is on.
TEST_F(ServerTest, OwnersOnly) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to be another user";
  group_ = "daemon";
  const auto* entry = getgrnam(group_.c_str());
  if (entry == nullptr) GTEST_SKIP() << "no group daemon";
  owners_only_ = true;
  std::string root, member;
  serve([&, gid = entry->gr_gid] {
    root = talk("root\n", 1);
    const InGroup group(gid);
    const AsNobody nobody;
    member = talk("member\n", 1);
  });
  EXPECT_EQ(root, "<root>\n");
  EXPECT_EQ(member, "()\n");
}

TEST_F(ServerTest, WhoMayOnlyLookAsksLittle) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to be another user";
  std::string little;
  std::string much;
  serve([&] {
    const AsNobody nobody;
    little = talk(std::string(ControlServer::kMaxQuestion, 'x') + "\n", 1);
    much = talk(std::string(3 * ControlServer::kMaxQuestion, 'x') + "\n", 1);
  });
  EXPECT_EQ(little.size(), ControlServer::kMaxQuestion + 3);
  EXPECT_TRUE(much.empty() || much == "cut off") << much.size();
}

TEST_F(ServerTest, AnswersLineByLine) {
  std::string first;
  std::string large;
  serve([&] {
    first = talk("one\ntwo\n", 2);
    large = talk(std::string(1'000'000, 'x') + "\n", 1);
  });
  EXPECT_EQ(first, "<one>\n<two>\n");
  EXPECT_EQ(large.size(), 1'000'003U);
}

TEST_F(ServerTest, ASocketInUseIsLeftAlone) {
  const auto first = listen();
  ASSERT_TRUE(first);
  const auto second = listen();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message, path_ + ": another clusterd is running here");
}

TEST_F(ServerTest, ASocketLeftBehindIsReplaced) {
  std::filesystem::create_directories(directory_);
  {
    const FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.c_str(), path_.size());
    ASSERT_EQ(bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  EXPECT_TRUE(listen());
}

TEST_F(ServerTest, ATooLongPathIsRefused) {
  path_ = directory_ / std::string(200, 'x');
  EXPECT_FALSE(listen());
}

}  // namespace
}  // namespace simcluster::clusterd
