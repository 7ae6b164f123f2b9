#include "engine/node/node.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "engine/cib/values.h"
#include "engine/controller/controller.h"
#include "engine/fencer/fencer.h"
#include "engine/membership/corosync_conf.h"
#include "engine/membership/stack.h"
#include "engine/membership/start_lines.h"
#include "engine/node/environment.h"
#include "engine/node/operator_shell.h"
#include "engine/node/ring_attributes.h"
#include "engine/node/sbd.h"
#include "engine/node/supervisor.h"

namespace simcluster::node {

namespace {
constexpr Duration kChildEscalation = minutes(3);  // CM-11.1
constexpr Duration kStillWaiting = seconds(30);    // CM-11.1
}  // namespace

class Node::Impl final : public controller::ControllerClient,
                         public membership::StackClient,
                         public SupervisorClient,
                         public TimerClient {
 public:
  Impl(Host& host, Profile profile, NodeConfig config)
      : host_(host),
        profile_(std::move(profile)),
        config_(std::move(config)),
        environment_(environment_of(config_, profile_)),
        sbd_timeout_(sbd_timeout_of(config_)),
        supervisor_(host_, profile_, config_.fail_fast || is_set("PCMK_fail_fast"), *this) {}

  ~Impl() {
    if (waiting_timer_.valid()) host_.cancel_timer(waiting_timer_);
  }

  static std::map<std::string, std::string, std::less<>> environment_of(const NodeConfig& config,
                                                                        const Profile& profile) {
    const auto file = config.files.find(kSysconfigFile);
    if (file == config.files.end()) return {};
    return read_environment(file->second, profile);
  }

  // CM-12.5; 0: sbd does not run here.
  static Duration sbd_timeout_of(const NodeConfig& config) {
    const auto file = config.files.find(kSbdFile);
    return file == config.files.end() ? Duration() : sbd_watchdog_timeout(file->second);
  }

  std::string_view variable(std::string_view name) const {
    const auto found = environment_.find(name);
    return found == environment_.end() ? std::string_view() : std::string_view(found->second);
  }
  bool is_set(std::string_view name) const { return cib::is_true(variable(name)); }

  Result<void> start() {
    const auto conf = membership::parse_corosync_conf(config_.corosync_conf, membership::kCorosyncConfPath, profile_);
    if (!conf) {
      membership::log_refusal(host_, membership::refusal_of(conf.error(), membership::RefusedAt::kParsing));
      return tl::unexpected(conf.error());
    }
    membership::LocalMachine machine;
    machine.host_name = config_.name;
    machine.addresses = config_.local_addresses;
    machine.mtus = config_.mtus;
    machine.node_id = config_.id;
    machine.auth_key = config_.auth_key;
    machine.trust_links = config_.trust_links;
    machine.frame_guard = config_.frame_guard;
    machine.files = config_.files;
    machine.watchdog = config_.watchdog;
    auto stack = membership::Stack::create(*conf, machine, host_, profile_, this);
    if (!stack) return tl::unexpected(stack.error());
    stack_ = std::move(*stack);
    Result<void> started = start_manager(conf->totem.cluster_name);
    // An initial CIB that cannot be used must leave nothing running.
    if (!started) {
      stack_.reset();
      return started;
    }
    stack_->start();
    supervisor_.start();
    start_companions();
    return {};
  }

  // What runs beside the cluster manager and looks at it.
  void start_companions() {
    if (sbd_timeout_.ns > 0) {
      sbd_ = std::make_unique<Sbd>(host_, sbd_timeout_, [this] { return controller_->alive() && stack_->quorate(); });
      sbd_->start();
    }
    if (!profile_.ifcheckd_rings || profile_.heartbeat_stack) return;
    rings_ = std::make_unique<RingAttributes>(
        host_,
        RingAttributes::Ties{[this] { return stack_->run_tool("corosync-cfgtool -s").output; },
                             [this] { return supervisor_.present() && !stopping_ && !controller_->dc().empty(); },
                             [this](std::string_view name, std::optional<std::string_view> value) {
                               controller_->update_attribute(name, value, {}, {});
                             }});
    rings_->start();
  }

  void stop_companions() {
    sbd_.reset();
    rings_.reset();
  }

  Result<void> start_manager(std::string_view cluster_name) {
    controller::ControllerConfig manager;
    manager.name = config_.name;
    manager.cluster_name = cluster_name;
    manager.initial_cib = config_.initial_cib;
    manager.cib_query_time = config_.cib_query_time;
    manager.uuids = config_.uuids;
    manager.cores = config_.cores;
    manager.sbd_watchdog_timeout = sbd_timeout_;
    manager.keeps_fencing_history = config_.keeps_fencing_history;
    manager.cib_limit = config_.cib_limit;
    manager.start_state = variable("PCMK_node_start_state");
    if (const auto limit = cib::parse_integer(variable("PCMK_node_action_limit")); limit && limit->value > 0)
      manager.node_action_limit = static_cast<int>(std::min<std::int64_t>(limit->value, 1'000'000));
    controller_ = std::make_unique<controller::Controller>(host_, profile_, *stack_, std::move(manager), *this);
    shell_ = std::make_unique<OperatorShell>(host_, *controller_, profile_, config_.name, config_.agents);
    Result<void> started = controller_->start();
    if (!started) {
      shell_.reset();
      controller_.reset();
    }
    return started;
  }

  void request_stop() {
    supervisor_.stop();
    if (!stopping_) log_supervisor(LogPriority::kNotice, "Shutting down Pacemaker");
    stopping_ = true;
    rings_.reset();
    if (controller_) controller_->request_stop();
  }

  // SupervisorClient
  bool is_dc() const override { return controller_ && controller_->is_dc(); }
  void kill(controller::Subdaemon daemon) override {
    controller_->kill(daemon);
    // CM-11.1: the supervisor stops the next one.
    if (stopping_ && daemon == controller::Subdaemon::kController) on_manager_ended(0, "clean stop");
  }
  void freeze(controller::Subdaemon daemon) override { controller_->freeze(daemon); }
  void go_on(controller::Subdaemon daemon) override { controller_->go_on(daemon); }
  void respawn(controller::Subdaemon daemon) override {
    if (!stopped_) controller_->respawn(daemon);
  }

  // The manager has ended: the membership layer goes last.
  void on_manager_ended(int exit_code, std::string_view reason) override {
    constexpr int kError = 1;
    if (exit_code == kError && supervisor_.controller_failed()) return;
    constexpr int kFatal = 100;
    if (exit_code == kFatal) {  // CM-11.7
      log_supervisor(LogPriority::kError,
                     fmt::format("Shutting cluster down because {} had fatal failure", supervisor_.daemons().back()));
    }
    supervisor_.stop();
    if (exit_code == 0 && stopping_) supervisor_.log_stopped();
    stop_companions();
    manager_over_ = true;
    // A controller that could not recover does not spoil the stop that was asked for.
    exit_code_ = exit_code == kError ? 0 : exit_code;
    reason_ = reason;
    if (exit_code == 0 && lingers()) {
      waited_ = {};
      waiting_timer_ = host_.start_timer(kStillWaiting, *this, 0);
      return;
    }
    if (!remote_clients_.empty()) host_.log(LogPriority::kInfo, cib_name(), "All clients disconnected...");
    stack_->stop();
  }

  // CM-11.1; Corosync 1 speaks for its plugin.
  void log_supervisor(LogPriority priority, std::string_view text) const {
    if (!profile_.plugin_membership) host_.log(priority, "pacemakerd", text);
  }

  // CM-13.1: the connection of a client that is no more is still in the table.
  bool lingers() const {
    return profile_.remote_cib_clients_linger &&
           std::ranges::any_of(remote_clients_, [](const auto& alive) { return !alive(); });
  }
  std::string_view cib_name() const { return profile_.daemons_renamed ? "pacemaker-based" : "cib"; }

  // CM-11.1: every half minute a line, after three minutes the end.
  void on_timer(std::uint64_t) override {
    waiting_timer_ = TimerId::none();
    waited_ = waited_ + kStillWaiting;
    const std::string_view supervisor = profile_.plugin_membership ? "corosync" : "pacemakerd";
    if (waited_ < kChildEscalation) {
      host_.log(LogPriority::kNotice, supervisor,
                fmt::format("Still waiting for subdaemon {} to terminate", cib_name()));
      waiting_timer_ = host_.start_timer(kStillWaiting, *this, 0);
      return;
    }
    host_.log(LogPriority::kError, supervisor, fmt::format("{} terminated with signal 11", cib_name()));
    stack_->stop();
  }
  void on_stack_stopped() override {
    stopped_ = true;
    if (manager_over_) log_supervisor(LogPriority::kNotice, "Shutdown complete");
    host_.exit_node(exit_code_, reason_);
  }

  Result<OperatorShell*> shell() {
    if (!shell_ || stopped_) return fail(fmt::format("the cluster software does not run on {}", config_.name));
    return shell_.get();
  }

  std::optional<std::string> read_corosync_conf() override {
    if (config_.refresh) config_.refresh(config_);
    return config_.corosync_conf;
  }
  std::optional<std::map<std::string, std::string, std::less<>>> read_files() override {
    if (config_.refresh) config_.refresh(config_);
    return config_.files;
  }

  Host& host_;
  const Profile profile_;
  NodeConfig config_;
  std::map<std::string, std::string, std::less<>> environment_;  // of the daemons
  Duration sbd_timeout_;
  std::unique_ptr<membership::Stack> stack_;
  Supervisor supervisor_;
  std::unique_ptr<controller::Controller> controller_;
  std::unique_ptr<OperatorShell> shell_;
  std::unique_ptr<Sbd> sbd_;
  std::unique_ptr<RingAttributes> rings_;
  bool stopping_ = false;
  bool stopped_ = false;
  int exit_code_ = 0;
  std::string reason_;
  std::vector<std::function<bool()>> remote_clients_;
  bool manager_over_ = false;
  TimerId waiting_timer_;
  Duration waited_;
  const cib::Document empty_;
};

Node::Node(Host& host, const Profile& profile, NodeConfig config)
    : impl_(std::make_unique<Impl>(host, profile, std::move(config))) {}
Node::~Node() = default;

Result<void> Node::start() { return impl_->start(); }
void Node::request_stop() { impl_->request_stop(); }

Result<std::string> Node::crm(std::string_view command) {
  const auto shell = impl_->shell();
  return shell ? (*shell)->crm(command) : tl::unexpected(shell.error());
}

Result<void> Node::load_crm_shell(std::string_view text, std::string_view file_name, LoadMethod method) {
  const auto shell = impl_->shell();
  return shell ? (*shell)->load(text, file_name, method) : tl::unexpected(shell.error());
}

Result<void> Node::change_cib(CibChange change, std::string_view section, std::string_view xml) {
  const auto shell = impl_->shell();
  return shell ? (*shell)->change(change, section, xml) : tl::unexpected(shell.error());
}

bool Node::daemon_died(std::string_view daemon, int signal) {
  return impl_->controller_ && impl_->supervisor_.child_died(daemon, signal);
}

bool Node::daemon_stopped(std::string_view daemon) {
  return impl_->controller_ && impl_->supervisor_.child_stopped(daemon);
}

bool Node::daemon_continued(std::string_view daemon) {
  return impl_->controller_ && impl_->supervisor_.child_continued(daemon);
}

void Node::connect_remote_client(std::function<bool()> alive) { impl_->remote_clients_.push_back(std::move(alive)); }

std::vector<std::string> Node::daemons() const { return impl_->supervisor_.daemons(); }

Result<void> Node::ask_devices(const fencer::DeviceQuestion& question,
                               std::function<void(const fencer::DeviceAnswer&)> answer) {
  if (!impl_->controller_) return fail("the cluster manager does not run");
  impl_->controller_->ask_devices(question, std::move(answer));
  return {};
}

Result<std::string> Node::stonith_admin(std::string_view arguments) {
  const auto shell = impl_->shell();
  if (!shell) return tl::unexpected(shell.error());
  return (*shell)->stonith_admin(arguments);
}

Result<void> Node::take_cib(const cib::Document& wanted, CibWish wish, std::string_view client) {
  const auto shell = impl_->shell();
  if (!shell) return tl::unexpected(shell.error());
  (*shell)->take(wanted, wish, client, impl_->profile_.cib_diffs_from_primary);
  return {};
}

void Node::update_attribute(std::string_view name, std::optional<std::string_view> value, Duration dampen,
                            std::string_view node) {
  if (impl_->controller_) impl_->controller_->update_attribute(name, value, dampen, node);
}

membership::ToolResult Node::corosync_tool(std::string_view command) {
  if (impl_->stack_ && !impl_->stopped_) return impl_->stack_->run_tool(command);
  return membership::run_corosync_tool_without_daemon(command, impl_->profile_);
}

const NodeConfig& Node::config() const { return impl_->config_; }
controller::CibRoom Node::cib_room() const {
  const std::size_t own = impl_->config_.cib_limit;
  return impl_->controller_ ? impl_->controller_->cib_room() : controller::CibRoom{own, own};
}
const cib::Document& Node::cib() const { return impl_->controller_ ? impl_->controller_->cib() : impl_->empty_; }

std::string_view Node::controller_state() const {
  const bool there = impl_->controller_ && !impl_->manager_over_;
  return there ? controller::state_name(impl_->controller_->state()) : std::string_view();
}

std::uint64_t Node::dropped_requests() const {
  return (impl_->stack_ ? impl_->stack_->dropped_answers() : 0) +
         (impl_->controller_ ? impl_->controller_->dropped_fencing_requests() : 0);
}

std::vector<fencer::HistoryEntry> Node::fencing_history() const {
  return impl_->controller_ ? impl_->controller_->fencing_history() : std::vector<fencer::HistoryEntry>();
}

std::string_view Node::dc() const { return impl_->controller_ ? impl_->controller_->dc() : std::string_view(); }
bool Node::is_dc() const { return impl_->controller_ && impl_->controller_->is_dc(); }
bool Node::has_quorum() const { return impl_->controller_ && impl_->controller_->has_quorum(); }

std::vector<std::string> Node::members() const {
  return impl_->controller_ ? impl_->controller_->members() : std::vector<std::string>();
}

const membership::Stack* Node::membership() const { return impl_->stack_.get(); }
membership::Stack* Node::membership() { return impl_->stack_.get(); }

bool Node::stopped() const { return impl_->stopped_; }

}  // namespace simcluster::node
