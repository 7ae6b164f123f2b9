#include "engine/controller/daemons.h"

#include <utility>

#include <fmt/core.h>

#include "engine/controller/group_port.h"
#include "engine/controller/logs.h"
#include "engine/controller/standstill.h"

namespace simcluster::controller {

class Daemons::FencerProcess final : public fencer::FencerTransport, public fencer::FencerClient {
 public:
  explicit FencerProcess(Daemons& owner)
      : owner_(owner), process(owner.host_), fencer(process, owner.profile_, *this, *this) {}

  // What it is asked for while it stands still has its effects afterwards.
  void broadcast_fencer(std::span<const std::byte> bytes) override {
    if (process.still()) {
      process.puts_off([this, copy = kept(bytes)] { broadcast_fencer(copy); });
      return;
    }
    if (port.group && !dead) static_cast<void>(port.group->multicast(bytes));
  }
  void answer_fencer(std::string_view asker, std::span<const std::byte> bytes) override {
    if (process.still()) {
      process.puts_off([this, name = std::string(asker), copy = kept(bytes)] { answer_fencer(name, copy); });
      return;
    }
    if (!port.group || dead) return;
    ClusterNodeId node;
    for (const membership::GroupMember& member : port.group->members())
      if (owner_.node_name(member.node) == asker) node = member.node;
    static_cast<void>(port.group->answer(node, bytes));
  }
  void on_fencing_result(const fencer::FencingResult& result) override {
    if (process.puts_off([this, result] { on_fencing_result(result); })) return;
    if (!dead && owner_.client_ != nullptr) owner_.client_->on_fencing_result(result);
  }
  void on_message(const membership::GroupMember& sender, std::span<const std::byte> bytes) {
    if (process.still()) {
      process.puts_off([this, sender, copy = kept(bytes)] { on_message(sender, copy); });
      return;
    }
    fencer.on_message(owner_.node_name(sender.node), bytes);
  }
  void on_configuration(const membership::GroupConfiguration& configuration) {
    if (process.still()) {
      process.puts_off([this, copy = KeptConfiguration(configuration)] { on_configuration(copy.view()); });
      return;
    }
    std::vector<std::string> names;
    for (const membership::GroupMember& member : configuration.members) names.push_back(owner_.node_name(member.node));
    fencer.set_peers(std::move(names));
  }

 private:
  Daemons& owner_;

 public:
  GroupPort port;
  Standstill process;
  fencer::Fencer fencer;
  bool dead = false;
};

Daemons::Daemons(Host& host, const Profile& profile, membership::GroupService& service, std::string name,
                 std::string initial_cib, std::map<ClusterNodeId, std::string> uuids)
    : host_(host),
      profile_(profile),
      service_(service),
      name_(std::move(name)),
      initial_cib_(std::move(initial_cib)),
      uuids_(std::move(uuids)),
      cib_(std::make_unique<CibManager>(host, profile, name_, *this)),
      attributes_(std::make_unique<AttributeManager>(host, profile, *cib_, *this)),
      fencer_(std::make_unique<FencerProcess>(*this)) {}

Daemons::~Daemons() = default;

fencer::Fencer& Daemons::fencer() { return fencer_->fencer; }

Result<void> Daemons::start() {
  if (auto joined = join_cib(); !joined) return joined;
  if (auto joined = join_attributes(); !joined) return joined;
  return join_fencer();
}

void Daemons::stop() {
  attributes_->stop();
  if (fencer_->port.group) fencer_->port.group->leave();
  cib_->stop();
}

// --- one by one ---

Result<void> Daemons::join_cib() {
  cib_started_ = host_.now();
  return cib_->start(service_, next_process(kCibProcess), initial_cib_);
}

Result<void> Daemons::join_attributes() {
  return attributes_->start(service_, next_process(kAttributesProcess), name_);
}

Result<void> Daemons::join_fencer() {
  FencerProcess& process = *fencer_;
  const std::uint32_t process_id = next_process(kFencerProcess);
  process.fencer.set_node(name_, fmt::format("{}.{}", daemon_name(Daemon::kFencer, profile_), process_id));
  if (keeps_fencing_history_) process.fencer.keep_history();
  process.port.deliver = [&process](const membership::GroupMember& sender, std::span<const std::byte> bytes) {
    process.on_message(sender, bytes);
  };
  process.port.configure = [&process](const membership::GroupConfiguration& configuration) {
    process.on_configuration(configuration);
  };
  auto joined = service_.join("stonith-ng", process_id, process.port);
  if (!joined) return tl::unexpected(joined.error());
  process.port.group = std::move(*joined);
  return {};
}

void Daemons::limit_cib(std::size_t bytes) {
  cib_limit_ = bytes;
  cib_->limit(bytes);
}

std::string Daemons::new_tool(std::string_view name) { return fmt::format("{}.{}", name, ++last_tool_); }

// CM-11.10: in the words of 2.1.5.
void Daemons::kill_cib() {
  cib_->die();
  if (!profile_.daemons_renamed) return;
  for (const Daemon daemon : {Daemon::kFencer, Daemon::kAttributes})
    log_line(host_, profile_, LogPriority::kCritical, daemon, {}, "Lost connection to the CIB manager, shutting down");
}

// It has started with what is on the disk before; a disk that is damaged meanwhile leaves it without a group.
void Daemons::start_cib() {
  dead_cibs_.push_back(std::exchange(cib_, std::make_unique<CibManager>(host_, profile_, name_, *this)));
  cib_->limit(cib_limit_);
  static_cast<void>(join_cib());
}

void Daemons::kill_attributes() { attributes_->die(); }

void Daemons::start_attributes() {
  dead_attributes_.push_back(
      std::exchange(attributes_, std::make_unique<AttributeManager>(host_, profile_, *cib_, *this)));
  static_cast<void>(join_attributes());
}

void Daemons::freeze_fencer() { fencer_->process.stop(); }
void Daemons::continue_fencer() { fencer_->process.go_on(); }

void Daemons::kill_fencer() {
  fencer_->dead = true;
  fencer_->port.deliver = {};
  fencer_->port.configure = {};
  fencer_->process.end();
  fencer_->port.group.reset();
  if (client_ != nullptr) client_->on_fencer_lost();
}

void Daemons::start_fencer() {
  dead_fencers_.push_back(std::exchange(fencer_, std::make_unique<FencerProcess>(*this)));
  static_cast<void>(join_fencer());
  if (client_ != nullptr) client_->on_fencer_started();
}

// --- what they tell ---

void Daemons::on_cib_update(const CibUpdate& update) {
  if (update.replaced) attributes_->on_cib_replaced();
  if (edited_by_hand(update)) attributes_->on_cib_edited(update);
  if (client_ != nullptr) client_->on_cib_update(update);
}

void Daemons::on_cib_connected() {
  if (client_ != nullptr) client_->on_cib_connected();
}

std::string Daemons::node_name(ClusterNodeId node) const {
  if (node == service_.own_id()) return name_;
  std::string listed = service_.node_name(node);
  if (!listed.empty()) return listed;
  if (client_ != nullptr)
    if (std::string name = client_->peer_name(node); !name.empty()) return names_[node] = std::move(name);
  const auto told = names_.find(node);
  return told == names_.end() ? std::string() : told->second;
}

// CM-1.3
std::string Daemons::node_xml_id(ClusterNodeId node) const {
  if (!node.valid()) return {};
  if (const auto uuid = uuids_.find(node); uuid != uuids_.end()) return uuid->second;
  return profile_.plugin_membership ? node_name(node) : fmt::format("{}", node.value);
}

}  // namespace simcluster::controller
