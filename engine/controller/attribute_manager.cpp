#include "engine/controller/attribute_manager.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "engine/base/wire.h"
#include "engine/cib/values.h"
#include "engine/controller/counting.h"
#include "engine/controller/logs.h"
#include "engine/executor/operation_run.h"

namespace simcluster::controller {

namespace {

constexpr Duration kVoteTimeout = minutes(2);  // CM-9.6
constexpr Duration kRetry = seconds(2);        // CM-9.7
constexpr std::uint64_t kVoteCookie = 0;
constexpr std::size_t kBytesOfAttribute = 128, kBytesOfValue = 96;  // about, beside their texts
constexpr std::size_t kMostNodes = 384;                             // as many as a ring may have

bool id_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

std::string_view shown(const std::optional<std::string>& value, const Profile& profile) {
  if (value) return *value;
  return profile.daemons_renamed ? "(unset)" : "(null)";
}

constexpr std::string_view kFailCountPrefix = "fail-count-";
// Which generation of the attribute protocol a node speaks. Never written into the CIB; it is every manager's first
// update, so that there is a writer before anybody has something to write (CM-9.6, CM-9.11).
constexpr std::string_view kProtocolAttribute = "#attrd-protocol";
constexpr std::string_view kProtocolVersion = "4";

}  // namespace

std::string sanitized_id(std::string_view text) {
  std::string id(text);
  for (char& c : id) {
    if (!id_char(c)) c = '.';
  }
  return id;
}

AttributeManager::AttributeManager(Host& host, const Profile& profile, CibManager& cib, const NodeDirectory& nodes)
    : process_(host), host_(process_), profile_(profile), cib_(cib), nodes_(nodes) {}

AttributeManager::~AttributeManager() {
  if (vote_timer_.valid()) host_.cancel_timer(vote_timer_);
  for (auto& [name, attribute] : attributes_) {
    if (attribute.timer.valid()) host_.cancel_timer(attribute.timer);
  }
}

Result<void> AttributeManager::start(membership::GroupService& service, std::uint32_t process, std::string own_name) {
  own_name_ = std::move(own_name);
  Result<std::unique_ptr<membership::Group>> joined = service.join("attrd", process, *this);
  if (!joined) return tl::unexpected(joined.error());
  group_ = std::move(*joined);
  return {};
}

void AttributeManager::stop() {
  connected_ = false;
  if (group_) group_->leave();
}

void AttributeManager::die() {
  dead_ = true;
  writer_ = ClusterNodeId::none();
  process_.end();
  vote_timer_ = TimerId::none();
  for (auto& [name, attribute] : attributes_) attribute.timer = TimerId::none();
  group_.reset();
}

void AttributeManager::send(std::span<const std::byte> bytes) {
  if (group_) static_cast<void>(group_->multicast(bytes));  // fails only after leave()
}

AttributeManager::Attribute& AttributeManager::attribute(std::string_view name, Duration dampen) {
  const auto it = attributes_.find(name);
  if (it != attributes_.end()) return it->second;
  Attribute made;
  made.number = ++last_number_;
  made.dampen = dampen;  // of its first update (CM-9.5)
  bytes_ += kBytesOfAttribute + name.size();
  return attributes_.emplace(std::string(name), std::move(made)).first->second;
}

std::optional<std::string_view> AttributeManager::value(std::string_view name, ClusterNodeId node) const {
  const auto it = attributes_.find(name);
  if (it == attributes_.end()) return std::nullopt;
  const auto value = it->second.values.find(node);
  if (value == it->second.values.end() || !value->second.now) return std::nullopt;
  return std::string_view(*value->second.now);
}

std::string AttributeManager::expand(std::string_view name, std::string_view given, ClusterNodeId node) const {
  const std::string_view old = value(name, node).value_or(std::string_view());
  auto counted = counted_up("value", given, old);
  if (!counted) counted = counted_up(name, given, old);
  return counted ? cib::score_text(static_cast<std::int32_t>(*counted)) : std::string(given);
}

void AttributeManager::update(std::string_view name, std::optional<std::string_view> given, Duration dampen,
                              ClusterNodeId node) {
  if (dead_) return;
  if (process_.still()) {
    std::optional<std::string> copy;
    if (given) copy = *given;
    process_.puts_off([this, name = std::string(name), copy = std::move(copy), dampen, node] {
      update(name, copy ? std::optional<std::string_view>(*copy) : std::nullopt, dampen, node);
    });
    return;
  }
  if (!node.valid()) node = self_;
  std::optional<std::string> expanded;
  if (given) expanded = expand(name, *given, node);
  send_update(name, expanded, dampen, node);
}

void AttributeManager::send_update(std::string_view name, const std::optional<std::string>& given, Duration dampen,
                                   ClusterNodeId node, Kind kind) {
  WireWriter out;
  out.u8(static_cast<std::uint8_t>(kind));
  out.text(name);
  out.flag(given.has_value());
  out.text(given ? std::string_view(*given) : std::string_view());
  out.i64(dampen.ns);
  out.u32(node.value);
  send(out.bytes());
}

void AttributeManager::on_deliver(const membership::GroupMember& sender, std::span<const std::byte> bytes) {
  if (dead_) return;
  if (process_.still()) {
    process_.puts_off([this, sender, copy = kept(bytes)] { on_deliver(sender, copy); });
    return;
  }
  WireReader in(bytes);
  const std::uint8_t kind = in.u8();
  if (kind > static_cast<std::uint8_t>(Kind::kSync)) return;
  switch (static_cast<Kind>(kind)) {
    case Kind::kUpdate:
    case Kind::kSync: {
      const std::string_view name = in.text();
      const bool set = in.flag();
      const std::string_view given = in.text();
      const Duration dampen{in.i64()};
      const ClusterNodeId node(in.u32());
      if (!in.complete()) return;
      if (static_cast<Kind>(kind) == Kind::kSync && keep_own(sender.node, name, given, node)) return;
      apply_update(sender.node, name, set ? std::optional(given) : std::nullopt, dampen, node);
      return;
    }
    case Kind::kVote:
    case Kind::kNoVote: {
      const std::string_view name = in.text();
      const std::string_view feature_set = in.text();
      Vote vote;
      vote.owner = in.u32();
      vote.round = in.u32();
      vote.age_seconds = in.i64();
      vote.age_microseconds = in.i64();
      const ClusterNodeId to(in.u32());
      if (!in.complete() || (to.valid() && to != self_)) return;
      count_vote(sender, name, feature_set, static_cast<Kind>(kind) == Kind::kNoVote, vote);
      return;
    }
    case Kind::kWriter:
      if (is_writer() && sender.node != self_) {
        log_line(host_, profile_, LogPriority::kNotice, Daemon::kAttributes, "attrd_check_for_new_writer",
                 fmt::format("Detected another attribute writer ({}), starting new election",
                             nodes_.node_name(sender.node)));
        if (election_) election_->start_round();
      }
      note_writer(sender.node);
      if (election_ && writer_ != self_) election_->reset();
      return;
    case Kind::kForget: {
      const ClusterNodeId node(in.u32());
      if (in.complete()) forget_node(node);
      return;
    }
  }
}

bool AttributeManager::keep_own(ClusterNodeId from, std::string_view name, std::string_view theirs,
                                ClusterNodeId node) {
  const auto own = value(name, node);
  if (node != self_ || from == self_ || !own || *own == theirs) return false;
  log_line(host_, profile_, LogPriority::kNotice, Daemon::kAttributes, "attrd_peer_update",
           fmt::format("{}[{}]: local value '{}' takes priority over '{}' from {}", name, own_name_, *own, theirs,
                       nodes_.node_name(from)));
  send_update(name, std::string(*own), {}, self_);
  return true;
}

void AttributeManager::apply_update(ClusterNodeId from, std::string_view name, std::optional<std::string_view> given,
                                    Duration dampen, ClusterNodeId node) {
  if (!make_room(name, given, node)) {
    if (std::exchange(refuses_, true)) return;
    return log_line(host_, profile_, LogPriority::kError, Daemon::kAttributes, "attrd_peer_update",
                    fmt::format("Refusing updates from {}: attributes take {} bytes", nodes_.node_name(from), bytes_));
  }
  refuses_ = false;
  Attribute& entry = attribute(name, dampen);
  const auto [place, fresh] = entry.values.try_emplace(node);
  if (fresh) bytes_ += kBytesOfValue;
  NodeValue& value = place->second;
  if (value.now == given) return;
  bytes_ += given ? given->size() : 0;
  bytes_ -= value.now ? value.now->size() : 0;
  const std::optional<std::string> old =
      std::exchange(value.now, given ? std::optional<std::string>(std::string(*given)) : std::nullopt);
  const std::string node_name = nodes_.node_name(node);
  const bool details = profile_.results_name_cib_update;  // CM-9.4
  const std::string delay = entry.dampen.ns > 0 ? executor::readable_duration(entry.dampen) : "no";
  log_line(host_, profile_, profile_.daemons_renamed ? LogPriority::kNotice : LogPriority::kInfo, Daemon::kAttributes,
           "attrd_peer_update",
           fmt::format("Setting {}[{}]: {} -> {} {}from {}{}", name, node_name, shown(old, profile_),
                       shown(value.now, profile_), details ? "| " : "", nodes_.node_name(from),
                       details ? fmt::format(" with {} write delay", delay) : std::string()));
  schedule_write(std::string(name), entry);
}

// All managers get the same updates in the same order, so they refuse the same ones.
bool AttributeManager::make_room(std::string_view name, std::optional<std::string_view> given, ClusterNodeId node) {
  const std::size_t more = given ? given->size() : 0;
  const auto missing = [&] {
    const auto it = attributes_.find(name);
    if (it == attributes_.end()) return kBytesOfAttribute + name.size() + kBytesOfValue + more;
    const auto value = it->second.values.find(node);
    if (value == it->second.values.end()) return kBytesOfValue + more;
    const std::size_t has = value->second.now ? value->second.now->size() : 0;
    return more - std::min(more, has);
  };
  if (missing() == 0 || bytes_ + missing() <= kMostBytes) return true;
  forget_unused();
  return bytes_ + missing() <= kMostBytes;
}

void AttributeManager::forget_unused() {
  std::erase_if(attributes_, [this](const auto& named) {
    const auto& [name, entry] = named;
    const bool used =
        entry.in_flight || entry.timer.valid() || std::ranges::any_of(entry.values, [](const auto& of_node) {
          return of_node.second.now || of_node.second.written;
        });
    if (!used) bytes_ -= kBytesOfAttribute + name.size() + entry.values.size() * kBytesOfValue;
    return !used;
  });
}

void AttributeManager::schedule_write(const std::string& name, Attribute& entry) {
  if (!writer_.valid()) {
    if (election_ && !election_->in_progress()) {  // CM-9.6
      log_line(host_, profile_, LogPriority::kInfo, Daemon::kAttributes, "attrd_start_election_if_needed",
               "Starting an election to determine the writer");
      election_->start_round();
    }
    return;
  }
  if (entry.dampen.ns <= 0) {
    write(name, entry);
    return;
  }
  if (!is_writer()) return;
  if (entry.timer.valid()) host_.cancel_timer(entry.timer);
  entry.timer = host_.start_timer(entry.dampen, *this, entry.number);
}

void AttributeManager::on_timer(std::uint64_t cookie) {
  if (cookie == kVoteCookie) {
    vote_timer_ = TimerId::none();
    if (election_ && election_->on_timeout()) become_writer();
    return;
  }
  for (auto& [name, entry] : attributes_) {
    if (entry.number != cookie) continue;
    entry.timer = TimerId::none();
    write(name, entry);
    return;
  }
}

// CM-9.7: one request for all nodes' values of the attribute.
void AttributeManager::write(const std::string& name, Attribute& entry) {
  if (!is_writer() || entry.in_flight || name == kProtocolAttribute) return;
  CibRequest request = attributes_request();
  for (auto& [node, value] : entry.values) {
    if (value.now != value.written) add_write(request, name, node, value);
  }
  if (request.steps.empty()) return;
  entry.in_flight = true;
  cib_.submit(std::move(request), [this, name](const Result<void>& result) { on_written(name, result); });
}

void AttributeManager::on_written(const std::string& name, const Result<void>& result) {
  if (process_.puts_off([this, name, result] { on_written(name, result); })) return;
  Attribute& written = attributes_.at(name);
  written.in_flight = false;
  if (!result) {
    written.timer = host_.start_timer(std::max(written.dampen, kRetry), *this, written.number);
    return;
  }
  write(name, written);  // what has changed meanwhile
}

void AttributeManager::add_write(CibRequest& request, const std::string& name, ClusterNodeId node, NodeValue& value) {
  const std::string id = nodes_.node_xml_id(node);
  if (id.empty()) return;  // deferred until the node is known
  const std::string set_id = fmt::format("status-{}", id);
  const CibPath node_path = {step("status"), step("node_state", id)};
  CibPath set_path = node_path;
  set_path.push_back(step("transient_attributes", id));
  set_path.push_back(step("instance_attributes", set_id));
  const std::string pair_id = sanitized_id(fmt::format("{}-{}", set_id, name));
  if (value.now) {
    cib::Document payload;
    payload.create_root("nvpair")
        .set_attribute("id", pair_id)
        .set_attribute("name", name)
        .set_attribute("value", *value.now);
    request.merge(set_path, payload.root());
  } else {
    set_path.push_back(step("nvpair", pair_id));
    request.remove(set_path);
  }
  value.written = value.now;
  note_written(name, node, value);
}

void AttributeManager::note_written(const std::string& name, ClusterNodeId node, const NodeValue& value) {
  const std::string node_name = nodes_.node_name(node);
  const std::string_view text = value.now ? std::string_view(*value.now) : std::string_view();
  if (name.starts_with(kFailCountPrefix)) {
    if (!host_.tracing(TraceKind::kFailCount)) return;
    host_.trace(
        TraceKind::kFailCount,
        {{"resource", std::string_view(name).substr(kFailCountPrefix.size())}, {"target", node_name}, {"value", text}});
    return;
  }
  if (!host_.tracing(TraceKind::kAttribute)) return;
  host_.trace(TraceKind::kAttribute, {{"name", name}, {"target", node_name}, {"value", text}});
}

void AttributeManager::write_all() {
  for (auto& [name, entry] : attributes_) write(name, entry);
}

std::vector<std::string> AttributeManager::names_of(ClusterNodeId node) const {
  std::vector<std::string> names;
  for (const auto& [name, entry] : attributes_) {
    const auto value = entry.values.find(node);
    if (value != entry.values.end() && value->second.now) names.push_back(name);
  }
  return names;
}

void AttributeManager::on_cib_replaced() {
  if (process_.puts_off([this] { on_cib_replaced(); })) return;
  for (auto& [name, entry] : attributes_) {
    for (auto& [node, value] : entry.values) value.written.reset();
  }
  write_all();
}

void AttributeManager::on_cib_edited(const CibUpdate& update) {
  if (!is_writer() || !profile_.cib_edits_noticed) return;
  if (process_.still()) {
    CibUpdate about;  // what has changed does not matter
    about.operation = update.operation;
    about.client = update.client;
    process_.puts_off([this, about] { on_cib_edited(about); });
    return;
  }
  log_line(host_, profile_, LogPriority::kNotice, Daemon::kAttributes, "rewrite_all",
           fmt::format("Updating all attributes after {} event triggered by {}", update.operation, update.client));
  on_cib_replaced();
}

// The words of 2.1.5.
void AttributeManager::note(LogPriority priority, std::string_view function, std::string_view text) const {
  if (profile_.daemons_renamed) log_line(host_, profile_, priority, Daemon::kAttributes, function, text);
}

// CM-9.9; where the writer itself has left, the next one does the erasing (CM-9.6).
// CM-9.9
void AttributeManager::forget_node(ClusterNodeId node) {
  if (profile_.daemons_renamed) {
    log_line(host_, profile_, LogPriority::kNotice, Daemon::kAttributes, "attrd_peer_remove",
             fmt::format("Removing all {} attributes for peer loss", nodes_.node_name(node)));
  }
  for (auto& [name, entry] : attributes_) {
    // CM-14.13: only the writer's own memory is cleared.
    if (profile_.attributes_outlive_nodes && !is_writer()) continue;
    const auto value = entry.values.find(node);
    if (value == entry.values.end()) continue;
    bytes_ -= kBytesOfValue + (value->second.now ? value->second.now->size() : 0);
    entry.values.erase(value);
  }
  if (is_writer()) {
    erase_from_cib(node);
  } else {
    if (removed_.size() < kMostNodes) removed_.insert(node);
  }
}

void AttributeManager::erase_from_cib(ClusterNodeId node) {
  const std::string id = nodes_.node_xml_id(node);
  if (id.empty()) return;
  CibRequest request = attributes_request();
  request.remove({step("status"), step("node_state", id), step("transient_attributes")});
  cib_.submit(std::move(request));
}

void AttributeManager::on_configuration(const membership::GroupConfiguration& configuration) {
  if (!group_ || dead_) return;
  if (process_.still()) {
    process_.puts_off([this, copy = KeptConfiguration(configuration)] { on_configuration(copy.view()); });
    return;
  }
  self_ = group_->self().node;
  if (!election_) {
    election_ = std::make_unique<Election>(*this, self_, own_name_, std::string(crm_feature_set(profile_)));
  }
  for (const membership::GroupChange& change : configuration.left) {
    if (change.member == group_->self()) continue;
    const bool was_writer = change.member.node == writer_;
    election_->forget_voter(change.member.node, was_writer);
    if (was_writer) {
      writer_ = ClusterNodeId::none();
      log_line(host_, profile_, LogPriority::kNotice, Daemon::kAttributes, "attrd_peer_change_cb",
               fmt::format("Lost attribute writer {}", nodes_.node_name(change.member.node)));
      election_->start_round();
    }
    forget_node(change.member.node);
  }
  bool others_joined = false;
  for (const membership::GroupChange& change : configuration.joined) {
    if (change.member == group_->self()) {
      connected_ = true;
      erase_from_cib(self_);  // CM-9.8: what was known of this node before its start
      if (profile_.daemons_renamed) send_update(kProtocolAttribute, std::string(kProtocolVersion), {}, self_);
    } else {
      others_joined = true;
      removed_.erase(change.member.node);
    }
  }
  if (others_joined && is_writer()) {
    announce_values();
    become_writer();
  }
}

void AttributeManager::announce_values() {
  for (const auto& [name, entry] : attributes_) {
    for (const auto& [node, value] : entry.values) {
      if (value.now) send_update(name, value.now, entry.dampen, node, Kind::kSync);
    }
  }
}

void AttributeManager::count_vote(const membership::GroupMember& sender, std::string_view name,
                                  std::string_view feature_set, bool no_vote, const Vote& vote) {
  if (!election_) return;
  switch (election_->count(sender.node, name, feature_set, no_vote, vote, true, host_.now())) {
    case ElectionResult::kWinRound:
      election_->start_round();
      break;
    case ElectionResult::kLost:
      writer_ = ClusterNodeId::none();
      break;
    case ElectionResult::kNothing:
      break;
  }
  if (election_->check_won()) become_writer();
}

// CM-9.6
void AttributeManager::note_writer(ClusterNodeId writer) {
  if (writer_ == writer) return;
  const std::string before = writer_.valid() ? nodes_.node_name(writer_) : "unset";
  writer_ = writer;
  note(LogPriority::kNotice, "attrd_check_for_new_writer",
       is_writer() ? fmt::format("Recorded local node as attribute writer (was {})", before)
                   : fmt::format("Recorded new attribute writer: {} (was {})", nodes_.node_name(writer), before));
}

void AttributeManager::become_writer() {
  note_writer(self_);
  WireWriter out;
  out.u8(static_cast<std::uint8_t>(Kind::kWriter));
  send(out.bytes());
  for (const ClusterNodeId node : removed_) erase_from_cib(node);
  removed_.clear();
  write_all();
}

void AttributeManager::broadcast_vote(const Vote& vote) {
  WireWriter out;
  out.u8(static_cast<std::uint8_t>(Kind::kVote));
  out.text(own_name_);
  out.text(crm_feature_set(profile_));
  out.u32(vote.owner);
  out.u32(vote.round);
  out.i64(vote.age_seconds);
  out.i64(vote.age_microseconds);
  out.u32(ClusterNodeId::kNone);
  send(out.bytes());
}

void AttributeManager::send_no_vote(ClusterNodeId to, const Vote& vote) {
  WireWriter out;
  out.u8(static_cast<std::uint8_t>(Kind::kNoVote));
  out.text(own_name_);
  out.text(crm_feature_set(profile_));
  out.u32(vote.owner);
  out.u32(vote.round);
  out.i64(vote.age_seconds);
  out.i64(vote.age_microseconds);
  out.u32(to.value);
  if (group_) static_cast<void>(group_->answer(to, out.bytes()));
}

ElectionAge AttributeManager::election_age() const { return {0, 0}; }

std::size_t AttributeManager::active_members() const { return group_ ? group_->members().size() : 0; }

bool AttributeManager::is_active(ClusterNodeId node) const {
  if (!group_) return false;
  const auto members = group_->members();
  return std::any_of(members.begin(), members.end(),
                     [&](const membership::GroupMember& member) { return member.node == node; });
}

void AttributeManager::start_vote_timer() {
  stop_vote_timer();
  vote_timer_ = host_.start_timer(kVoteTimeout, *this, kVoteCookie);
}

void AttributeManager::stop_vote_timer() {
  if (!vote_timer_.valid()) return;
  host_.cancel_timer(vote_timer_);
  vote_timer_ = TimerId::none();
}

void AttributeManager::log_election(bool warning, std::string_view text) {
  log_line(host_, profile_, warning ? LogPriority::kWarning : LogPriority::kDebug, Daemon::kAttributes,
           "election_count_vote", text);
}

}  // namespace simcluster::controller
