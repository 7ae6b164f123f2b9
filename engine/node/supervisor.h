// pacemakerd, and whoever restarts it: what happens when a daemon of the cluster manager dies (CM-11.6 to CM-11.10,
// CM-14.20, CM-14.21) or stands still: what else ends with it, and who is started again.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/host.h"
#include "engine/base/profile.h"
#include "engine/controller/subdaemon.h"

namespace simcluster::node {

class SupervisorClient {
 public:
  virtual bool is_dc() const = 0;
  virtual void kill(controller::Subdaemon daemon) = 0;
  // It stands still: whoever asks it waits, until it is killed or goes on.
  virtual void freeze(controller::Subdaemon daemon) = 0;
  virtual void go_on(controller::Subdaemon daemon) = 0;
  virtual void respawn(controller::Subdaemon daemon) = 0;

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

  // The node starts: they are logged as started.
  void start();
  // All have ended, one after the other, as asked (CM-11.1).
  void log_stopped() const;
  // In the order of their start; the supervisor itself first, where there is one (CM-11.6).
  std::vector<std::string> daemons() const;
  // False: there is no such daemon.
  bool child_died(std::string_view daemon, int signal);
  // It was stopped (SIGSTOP). From 2.1 on it is found out and killed, unless it goes on before (CM-11.8). False: as
  // above.
  bool child_stopped(std::string_view daemon);
  // It goes on (SIGCONT); nothing happens where it was not stopped. False: as above.
  bool child_continued(std::string_view daemon);
  // The controller has ended with an error (exit status 1). False: nobody starts it again.
  bool controller_failed();
  // pacemakerd itself lives.
  bool present() const { return !absent_; }
  // The manager is to stop: nothing is respawned any more.
  void stop() { stopping_ = true; }

  void on_timer(std::uint64_t cookie) override;

 private:
  enum class Role : std::uint8_t { kSupervisor, kCib, kFencer, kExecutor, kAttributes, kScheduler, kController };
  static constexpr std::size_t kRoles = 7;
  enum Cookie : std::uint64_t { kRespawn, kServiceRestart, kVerify, kHealth };

  static controller::Subdaemon subdaemon(Role role);
  std::string_view name(Role role) const;
  std::optional<Role> role_of(std::string_view daemon) const;
  void await_check();
  void check_health();
  void silent(Role role);
  void log(LogPriority priority, std::string_view text) const;
  void log_forked(Role role) const;
  std::uint32_t process_id(Role role) const;
  std::string name_with_id(Role role) const;
  void supervisor_died();
  void adopt();
  void notice_all();
  void respawn_all();
  // How a daemon has ended: by a signal, or else with an exit status.
  struct End {
    Role role = Role::kController;
    int signal = 0;
    int status = 0;
  };

  void die(Role role, int signal);
  void notice(const End& end);
  void panic(std::string_view daemon);
  void start_timer(Cookie cookie, Duration delay);

  Host& host_;
  const Profile& profile_;
  bool fail_fast_;
  SupervisorClient& client_;
  bool stopping_ = false;
  bool absent_ = false;         // pacemakerd itself is dead, or
  bool still_ = false;          // stands still
  std::vector<End> unnoticed_;  // daemons that died while it was
  std::vector<Role> waiting_;   // to be started again
  std::map<Role, int> respawns_;
  std::map<Role, std::uint32_t> lives_;  // how often each was started again
  std::optional<Role> asked_;            // and has not answered yet
  Duration waited_;                      // for answers, since the start
  std::map<Role, int> frozen_;           // daemons that stand still, and how often they have been asked in vain
  std::map<Cookie, TimerId> timers_;
};

}  // namespace simcluster::node
