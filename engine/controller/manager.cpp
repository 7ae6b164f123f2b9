// The public face of the manager: the controller's machine and the daemons beside it, each with lives of its own.
#include <utility>

#include "engine/controller/controller.h"
#include "engine/controller/controller_impl.h"

namespace simcluster::controller {

Controller::Controller(Host& host, const Profile& profile, membership::GroupService& service, ControllerConfig config,
                       ControllerClient& client)
    : host_(host),
      profile_(profile),
      service_(service),
      config_(std::move(config)),
      client_(client),
      daemons_(std::make_unique<Daemons>(host, profile, service, config_.name, config_.initial_cib, config_.uuids)) {}
Controller::~Controller() = default;

Result<void> Controller::start() {
  if (config_.keeps_fencing_history) daemons_->keep_fencing_history();
  daemons_->limit_cib(config_.cib_limit);
  if (auto started = daemons_->start(); !started) return started;
  start_controller();
  return {};
}

void Controller::start_controller() {
  impl_ = std::make_unique<Impl>(host_, profile_, service_, *daemons_, config_, client_);
  daemons_->set_client(impl_.get());
  ++config_.generation;
  impl_->start();
}

void Controller::kill(Subdaemon daemon) {
  switch (daemon) {
    case Subdaemon::kCib:
      daemons_->kill_cib();
      if (impl_) impl_->lose("Lost connection to the CIB manager, shutting down", "crmd_cib_connection_destroy");
      return;
    case Subdaemon::kFencer:
      daemons_->kill_fencer();
      return;
    case Subdaemon::kExecutor:
      daemons_->kill_executor();
      if (impl_) impl_->lose("Connection to executor failed", "lrm_connection_destroy");
      return;
    case Subdaemon::kAttributes:
      daemons_->kill_attributes();
      return;
    case Subdaemon::kScheduler:
      if (!impl_) return;
      impl_->forget_scheduler();
      if (impl_->is_dc()) impl_->lose("Connection to the scheduler failed", "save_cib_contents");
      return;
    case Subdaemon::kController:
      if (!impl_) return;
      daemons_->set_client(nullptr);
      impl_->die();
      dead_.push_back(std::move(impl_));
      return;
  }
}

void Controller::freeze(Subdaemon daemon) {
  switch (daemon) {
    case Subdaemon::kCib:
      daemons_->cib().freeze();
      return;
    case Subdaemon::kFencer:
      daemons_->freeze_fencer();
      return;
    case Subdaemon::kAttributes:
      daemons_->attributes().freeze();
      return;
    case Subdaemon::kExecutor:
      if (impl_) impl_->lrm().freeze();
      return;
    case Subdaemon::kScheduler:
      if (impl_) impl_->freeze_scheduler();
      return;
    case Subdaemon::kController:
      if (impl_) impl_->freeze();
      return;
  }
}

void Controller::go_on(Subdaemon daemon) {
  switch (daemon) {
    case Subdaemon::kCib:
      daemons_->cib().go_on();
      return;
    case Subdaemon::kFencer:
      daemons_->continue_fencer();
      return;
    case Subdaemon::kAttributes:
      daemons_->attributes().go_on();
      return;
    case Subdaemon::kExecutor:
      if (impl_) impl_->lrm().go_on();
      return;
    case Subdaemon::kScheduler:
      if (impl_) impl_->continue_scheduler();
      return;
    case Subdaemon::kController:
      if (impl_) impl_->go_on();
      return;
  }
}

void Controller::respawn(Subdaemon daemon) {
  switch (daemon) {
    case Subdaemon::kCib:
      daemons_->start_cib();
      return;
    case Subdaemon::kFencer:
      daemons_->start_fencer();
      return;
    case Subdaemon::kAttributes:
      daemons_->start_attributes();
      return;
    case Subdaemon::kExecutor:
    case Subdaemon::kScheduler:
      return;  // a controller starts with both
    case Subdaemon::kController:
      if (!impl_) start_controller();
      return;
  }
}

void Controller::request_stop() {
  if (impl_) impl_->request_stop();
}
void Controller::change_cib(CibRequest request, std::string_view client) {
  if (impl_) impl_->change_cib(std::move(request), client);
}
void Controller::change_configuration(const cib::Document& wanted, std::string_view client) {
  if (impl_) impl_->change_configuration(wanted, client);
}
void Controller::update_attribute(std::string_view name, std::optional<std::string_view> value, Duration dampen,
                                  std::string_view node) {
  if (impl_) impl_->update_attribute(name, value, dampen, node);
}
void Controller::cleanup(std::string_view resource, std::string_view node) {
  if (impl_) impl_->cleanup(resource, node);
}
void Controller::ping(std::string_view node,
                      std::function<void(std::string_view source, std::string_view state)> answer) {
  if (impl_) impl_->ping(node, std::move(answer));
}
void Controller::refresh(std::string_view resource, std::string_view node) {
  if (impl_) impl_->refresh(resource, node);
}
void Controller::ask_devices(const fencer::DeviceQuestion& question,
                             std::function<void(const fencer::DeviceAnswer&)> answer) {
  daemons_->fencer().ask(question, std::move(answer));
}
void Controller::confirm_off(std::string_view node) {
  daemons_->fencer().confirm(node, daemons_->new_tool(kFencingTool));
}
Result<void> Controller::fence(std::string_view node, std::string_view action) {
  return impl_ ? impl_->fence(node, action) : fail("the controller does not run");
}
std::uint64_t Controller::dropped_fencing_requests() const { return daemons_->fencer().dropped(); }
std::vector<fencer::HistoryEntry> Controller::fencing_history() const {
  std::vector<fencer::HistoryEntry> entries = daemons_->fencer().history();
  for (fencer::HistoryEntry& entry : daemons_->fencer().pending()) entries.push_back(std::move(entry));
  return entries;
}
const cib::Document& Controller::cib() const { return daemons_->cib().document(); }
CibRoom Controller::cib_room() const { return daemons_->cib().room(); }
State Controller::state() const { return impl_ ? impl_->state() : State::kStarting; }
std::string_view Controller::dc() const { return impl_ ? impl_->dc_name() : std::string_view(); }
bool Controller::is_dc() const { return impl_ && impl_->is_dc(); }
bool Controller::has_quorum() const { return impl_ && impl_->quorate(); }
std::vector<std::string> Controller::members() const {
  return impl_ ? impl_->member_names() : std::vector<std::string>();
}
std::string Controller::node_xml_id(std::string_view name) const {
  return impl_ ? impl_->node_xml_id(impl_->find_node(name)) : std::string();
}

}  // namespace simcluster::controller
