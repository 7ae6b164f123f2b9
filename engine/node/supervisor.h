// pacemakerd, and whoever restarts it: what happens when a daemon of the cluster manager dies (CM-11.6 to CM-11.10,
// CM-14.20, CM-14.21). The daemons are parts of one object here; the death of those that the controller cannot do
// without ends it as a whole.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/host.h"
#include "engine/base/profile.h"

namespace simcluster::node {

class SupervisorClient {
 public:
  virtual bool is_dc() const = 0;
  // The manager ends at once, and is started anew.
  virtual void kill_manager() = 0;
  virtual void restart_manager() = 0;

 protected:
  ~SupervisorClient() = default;
};

class Supervisor final : public TimerClient {
 public:
  Supervisor(Host& host, const Profile& profile, bool fail_fast, SupervisorClient& client)
      : host_(host), profile_(profile), fail_fast_(fail_fast), client_(client) {}
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  // In the order of their start; the supervisor itself first, where there is one (CM-11.6).
  std::vector<std::string> daemons() const;
  // False: there is no such daemon.
  bool child_died(std::string_view daemon, int signal);
  // The controller has ended with an error (exit status 1). False: nobody starts it again.
  bool controller_failed();
  // The manager is to stop: nothing is respawned any more.
  void stop() { stopping_ = true; }

  void on_timer(std::uint64_t cookie) override;

 private:
  enum class Role : std::uint8_t { kSupervisor, kCib, kFencer, kExecutor, kAttributes, kScheduler, kController };
  static constexpr std::size_t kRoles = 7;
  enum Cookie : std::uint64_t { kRespawn, kServiceRestart, kVerify };

  std::string_view name(Role role) const;
  void log(LogPriority priority, std::string_view text) const;
  void supervisor_died();
  void adopt();
  void lose(Role role, int signal);
  void panic(std::string_view daemon);
  void start_timer(Cookie cookie, Duration delay);

  Host& host_;
  const Profile& profile_;
  bool fail_fast_;
  SupervisorClient& client_;
  bool stopping_ = false;
  bool absent_ = false;                          // pacemakerd itself is dead
  std::vector<std::pair<Role, int>> unnoticed_;  // daemons that died while it was
  std::vector<Role> waiting_;                    // to be started again
  std::map<Role, int> respawns_;
  std::map<Cookie, TimerId> timers_;
};

}  // namespace simcluster::node
