#include "tools/clusterctl/restart.h"

#include <chrono>
#include <ctime>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <thread>

#include <fmt/core.h>

#include "engine/cib/cluster_property.h"
#include "engine/cib/document.h"
#include "tools/clusterctl/control_client.h"

namespace simcluster::clusterctl {

namespace {

using Json = nlohmann::json;

constexpr auto kPatience = std::chrono::seconds(60);
constexpr auto kPause = std::chrono::milliseconds(50);
constexpr auto kSettled = std::chrono::seconds(1);

using cib::ClusterProperty;

class Restart {
 public:
  Restart(const std::string& socket, std::int64_t limit) : socket_(socket), limit_(limit) {}

  Result<void> run() {
    const auto status = ask(socket_, {{"request", "status"}});
    if (!status) return tl::unexpected(status.error());
    node_ = status->at("node");
    if (!works(*status)) return fail("this node is not a working member; restart refused");
    if (auto done = begin_maintenance(); !done) return done;
    if (auto done = leave_and_return(); !done) return done;
    return end_maintenance();
  }

 private:
  Result<void> command(const std::string& text) const { return request({{"request", "crm"}, {"command", text}}); }
  Result<void> request(const Json& request) const {
    const auto answer = ask(socket_, request);
    if (!answer) return tl::unexpected(answer.error());
    return {};
  }

  std::optional<std::string> cib_text() const {
    const auto answer = ask(socket_, {{"request", "cib"}});
    if (!answer) return std::nullopt;
    return answer->at("cib").get<std::string>();
  }

  std::optional<ClusterProperty> property(std::string_view name) const {
    const auto text = cib_text();
    return text ? property_of(*text, name) : std::nullopt;
  }
  static std::optional<ClusterProperty> property_of(const std::string& cib, std::string_view name) {
    const auto document = cib::parse_document(cib, "cib");
    return document ? cib::find_property(*document, name) : std::nullopt;
  }

  static bool works(const Json& status) {
    const std::string state = status.at("controller_state");
    return state == "S_IDLE" || state == "S_NOT_DC" || state == "S_TRANSITION_ENGINE" || state == "S_POLICY_ENGINE";
  }
  bool works() const {
    const auto status = ask(socket_, {{"request", "status"}});
    if (!status || !works(*status) || !status->at("quorate").get<bool>()) return false;
    const auto text = cib_text();
    const auto document = text ? cib::parse_document(*text, "cib") : fail("no CIB");
    if (!document) return false;
    for (const auto& state : document->find_path("status").children()) {
      if (state.value("uname") != node_) continue;
      const std::string_view crmd = state.value("crmd");  // newer releases keep the time since when here
      return state.value("join") == "member" && crmd != "offline" && crmd != "0";
    }
    return false;
  }

  bool wait(const std::function<bool()>& reached) const {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (!reached()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(kPause);
    }
    return true;
  }

  Result<void> begin_maintenance() {
    const auto who = property(cib::kRestartingNode);
    if (who && who->value != node_)
      return fail(
          fmt::format("{} restarts already; one after the other (property {})", who->value, cib::kRestartingNode));
    before_ = property(cib::kMaintenanceMode);
    // Left over from a restart of this node that was not finished: the mode was ours.
    if (who) before_ = property(cib::kRestartBefore);
    if (before_ && before_->value == "true") return {};
    ours_ = true;
    // In one change: a second one would be made from a CIB that does not have the first yet.
    std::string properties = fmt::format("{}={} {}={} {}=true", cib::kRestartingNode, node_, cib::kRestartUntil,
                                         std::time(nullptr) + limit_, cib::kMaintenanceMode);
    if (before_) properties += fmt::format(" {}={}", cib::kRestartBefore, before_->value);
    if (auto done = command("configure property " + properties); !done) return done;
    const auto quiet = [&] {
      const auto text = cib_text();
      const auto mode = text ? property_of(*text, cib::kMaintenanceMode) : std::nullopt;
      return mode && mode->value == "true" && text->find("op-status=\"-1\"") == std::string::npos;
    };
    if (!wait(quiet)) return still_on("the cluster did not come to rest");
    std::this_thread::sleep_for(kSettled);
    const auto now = property(cib::kRestartingNode);
    if (!now || now->value != node_)
      return fail(fmt::format("{} restarts now; try again", now ? now->value : "another node"));
    return {};
  }

  Result<void> leave_and_return() const {
    if (auto done = request({{"request", "restart"}}); !done) return done;
    if (!wait([&] { return !works(); })) return still_on("the daemon did not leave");
    if (!wait([&] { return works(); })) return still_on("the daemon is no working member again");
    return {};
  }

  Result<void> end_maintenance() const {
    if (!ours_) return {};
    if (before_) {
      if (auto done = command(fmt::format("configure property {}={}", cib::kMaintenanceMode, before_->value)); !done)
        return done;
      const auto back = [&] {
        const auto now = property(cib::kMaintenanceMode);
        return now && now->value == before_->value;
      };
      if (!wait(back)) return still_on("the CIB does not change");
    } else if (auto done = remove(cib::kMaintenanceMode); !done) {
      return done;
    }
    for (const std::string_view name : {cib::kRestartBefore, cib::kRestartUntil, cib::kRestartingNode})
      if (auto done = remove(name); !done) return done;
    return {};
  }

  Result<void> remove(std::string_view name) const {
    const auto found = property(name);
    if (!found) return {};
    return request({{"request", "change_cib"},
                    {"change", "delete"},
                    {"section", "crm_config"},
                    {"xml", fmt::format("<nvpair id=\"{}\"/>", found->id)}});
  }

  tl::unexpected<Error> still_on(std::string_view why) const {
    return fail(
        fmt::format("{}{}", why, ours_ ? "; maintenance-mode is still on, and ends when its time is over" : ""));
  }

  const std::string& socket_;
  const std::int64_t limit_;  // seconds
  std::string node_;
  std::optional<ClusterProperty> before_;
  bool ours_ = false;
};

}  // namespace

Result<void> restart(const std::string& socket, std::int64_t limit) { return Restart(socket, limit).run(); }

}  // namespace simcluster::clusterctl
