#include "engine/membership/votequorum.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "engine/base/assert.h"

namespace simcluster::membership {

namespace {

// M 17.4.
constexpr std::uint16_t kNodeInfo = 0;
constexpr std::uint16_t kReconfigure = 1;
constexpr std::uint16_t kRegistration = 2;
constexpr std::uint16_t kRename = 3;
constexpr std::uint8_t kExpectedVotes = 1;
constexpr std::uint8_t kNodeVotes = 2;
constexpr std::uint8_t kCancelWaitForAll = 3;
constexpr ClusterNodeId kDevice{0};
constexpr int kAbortedStatus = 134;  // 128 + SIGABRT

bool holds(const std::vector<ClusterNodeId>& list, ClusterNodeId id) {
  return std::find(list.begin(), list.end(), id) != list.end();
}

}  // namespace

Votequorum::Votequorum(VoteSettings settings, const Profile& profile, Host& host, Deadlines& deadlines,
                       ServiceSender& sender, QuorumService& quorum, bool debug)
    : settings_(std::move(settings)),
      profile_(profile),
      host_(host),
      deadlines_(deadlines),
      sender_(sender),
      service_(quorum),
      debug_(debug),
      device_votes_(settings_.device_votes) {}

void Votequorum::log(LogPriority priority, std::string_view text) {
  host_.log(priority, "corosync", fmt::format("[VOTEQ ] {}", text));
}

// --- nodes -----------------------------------------------------------------------------------------------------------

Votequorum::Node* Votequorum::find(ClusterNodeId id) {
  for (Node& node : nodes_)
    if (node.id == id) return &node;
  return nullptr;
}

Votequorum::Node& Votequorum::own() {
  Node* node = find(own_id_);
  SIMCLUSTER_ASSERT(node != nullptr);
  return *node;
}

// M 10.2: before the first larger id; if there is none, before the last entry.
Votequorum::Node& Votequorum::insert(ClusterNodeId id) {
  auto at = std::find_if(nodes_.begin(), nodes_.end(), [&](const Node& node) { return id < node.id; });
  if (at == nodes_.end() && !nodes_.empty()) --at;
  Node node;
  node.id = id;
  return *nodes_.insert(at, node);
}

bool Votequorum::member(ClusterNodeId id) const {
  const Node* node = find(id);
  return node != nullptr && node->state == NodeState::kMember;
}

std::uint32_t Votequorum::expected_votes() const {
  const Node* node = find(own_id_);
  return node == nullptr ? settings_.expected_votes : node->expected_votes;
}

std::uint32_t Votequorum::highest_expected() const {
  std::uint32_t highest = 0;
  for (const Node& node : nodes_)
    if (node.state == NodeState::kMember) highest = std::max(highest, node.expected_votes);
  return highest;
}

std::uint32_t Votequorum::total_votes() const { return count(false).total; }

Votequorum::Count Votequorum::count(bool device_always) const {
  Count result;
  for (const Node& node : nodes_) {
    if (node.state != NodeState::kMember) continue;
    result.total += node.votes;
    ++result.members;
  }
  const Node* self = find(own_id_);
  const bool casts = self != nullptr && (self->flags & kDeviceCastVote) != 0;
  if (casts || (device_always && device_votes_ != 0)) {
    result.total += device_votes_;
    ++result.members;
  }
  return result;
}

// --- arithmetic ------------------------------------------------------------------------------------------------------

void Votequorum::set_wfa_status(bool waiting) {
  wfa_status_ = waiting;
  if (waiting)
    own().flags |= kWaitForAllStatus;
  else
    own().flags &= ~static_cast<std::uint32_t>(kWaitForAllStatus);
}

// VQ-10.
std::uint32_t Votequorum::calculate(bool allow_decrease, std::uint32_t max_expected, std::uint32_t& total) {
  if (settings_.allow_downscale && allow_decrease && max_expected > 0) max_expected = std::max(barrier_, max_expected);
  const std::uint32_t highest = max_expected > 0 ? max_expected : highest_expected();
  const Count present = count(false);
  total = present.total;
  std::uint32_t quorum = std::max((highest + 2) / 2, (total + 2) / 2);
  if (!allow_decrease) quorum = std::max(quorum_, quorum);
  if (settings_.two_node && present.members <= 2) quorum = 1;
  return quorum;
}

void Votequorum::raise_barrier(std::uint32_t expected) {
  if (!settings_.expected_votes_tracking || expected <= tracking_barrier_) return;
  tracking_barrier_ = expected;
  std::string record;
  for (int i = 0; i < 4; ++i) record.push_back(static_cast<char>(expected >> (8 * i) & 0xff));
  host_.persist("ev_tracking", std::move(record), *this, 0);
}

// VQ-11.
void Votequorum::recalculate(bool allow_decrease, bool by_current_nodes) {
  const Count all = count(true);
  const std::uint32_t by_nodes = by_current_nodes ? count(false).members : 0;
  if (all.total > own().expected_votes) own().expected_votes = all.total;
  raise_barrier(own().expected_votes);
  std::uint32_t total = 0;
  quorum_ = calculate(allow_decrease, by_nodes, total);
  if (by_nodes > 0)
    for (Node& node : nodes_)
      if (node.state == NodeState::kMember) node.expected_votes = by_nodes;
  evaluate(total);
}

// VQ-12.
void Votequorum::evaluate(std::uint32_t total) {
  if (settings_.wait_for_all && wfa_status_) {
    if (total != own().expected_votes)
      return log(LogPriority::kNotice,
                 fmt::format("Waiting for all cluster members. Current votes: {} expected_votes: {}", total,
                             own().expected_votes));
    set_wfa_status(false);
  }
  bool now = quorum_ <= total;
  if (now) remember_extremes();
  if (settings_.tie_breaker != VoteSettings::TieBreaker::kNone && total == own().expected_votes / 2) {
    const auto lost = static_cast<std::int64_t>(previous_members_.size()) - static_cast<std::int64_t>(members_.size());
    if (lost < static_cast<std::int64_t>(quorum_) && tie_breaker_says_yes()) now = true;
  }
  if (!now && master_wins()) now = true;
  const bool changed = now != quorate_;
  if (changed && debug_)
    log(LogPriority::kDebug, now ? "quorum regained, resuming activity" : "quorum lost, blocking activity");
  quorate_ = now;
  if (now)
    own().flags |= kQuorate;
  else
    own().flags &= ~static_cast<std::uint32_t>(kQuorate);
  if (settings_.wait_for_all) set_wfa_status(!now);
  if (!changed) return;
  if (!sync_in_progress_) return notify();
  if (!profile_.quorum_callback_once && ring_ != RingId()) service_.update_early(previous_members_, quorate_, ring_);
}

void Votequorum::remember_extremes() {
  lowest_when_quorate_ = highest_when_quorate_ = ClusterNodeId::none();
  for (const Node& node : nodes_) {
    if (node.state != NodeState::kMember) continue;
    if (!lowest_when_quorate_.valid() || node.id < lowest_when_quorate_) lowest_when_quorate_ = node.id;
    if (!highest_when_quorate_.valid() || highest_when_quorate_ < node.id) highest_when_quorate_ = node.id;
  }
}

// VQ-13.
bool Votequorum::tie_breaker_says_yes() const {
  switch (settings_.tie_breaker) {
    case VoteSettings::TieBreaker::kNone:
      return false;
    case VoteSettings::TieBreaker::kLowest:
      return member(lowest_when_quorate_);
    case VoteSettings::TieBreaker::kHighest:
      return member(highest_when_quorate_);
    case VoteSettings::TieBreaker::kList:
      for (const ClusterNodeId id : settings_.tie_breaker_list) {
        if (holds(members_, id)) return true;
        if (holds(previous_members_, id)) return false;
      }
      return false;
  }
  return false;
}

bool Votequorum::master_wins() const {
  if (!settings_.device_master_wins) return false;
  constexpr std::uint32_t kBoth = kDeviceMasterWins | kDeviceCastVote;
  return std::any_of(nodes_.begin(), nodes_.end(), [](const Node& node) {
    return node.state == NodeState::kMember && (node.flags & kBoth) == kBoth;
  });
}

void Votequorum::notify() { service_.update(members_, quorate_, ring_); }

// --- start and messages ----------------------------------------------------------------------------------------------

void Votequorum::start(ClusterNodeId own_id) {
  own_id_ = current_id_ = own_id;
  for (const std::string& complaint : settings_.complaints) log(LogPriority::kCritical, complaint);
  Node& self = insert(own_id);
  self.state = NodeState::kMember;
  self.votes = settings_.votes;
  self.expected_votes = settings_.expected_votes;
  self.flags = kFirst;
  barrier_ = settings_.expected_votes;
  if (settings_.expected_votes_tracking) {
    // Measured with 3.1.7: expected_votes below the sum of the nodelist does not lower the barrier that is tracked.
    barrier_ = std::max(barrier_, settings_.nodelist_votes);
    self.expected_votes = barrier_;
    if (const auto stored = host_.load("ev_tracking"); stored && stored->size() >= 4) {
      Reader r(std::as_bytes(std::span(stored->data(), stored->size())));
      tracking_barrier_ = r.u32();
    }
    self.expected_votes = std::max(self.expected_votes, tracking_barrier_);  // VQ-7
  }
  if (settings_.wait_for_all) set_wfa_status(true);  // VQ-8
  members_ = {own_id};
  // The first ring's synchronisation gives the first verdict to the clients.
  sync_in_progress_ = true;
  recalculate(false, false);
  sync_in_progress_ = false;
  nodeinfo_waits_ = !send_nodeinfo(own_id_);
}

void Votequorum::announce() {
  nodeinfo_waits_ = true;
  sender_.on_client_request();
}

void Votequorum::pump() {
  if (nodeinfo_waits_) nodeinfo_waits_ = !send_nodeinfo(own_id_);
  while (!reconfigurations_.empty()) {
    const Reconfiguration& next = reconfigurations_.front();
    const bool sent =
        next.parameter == 0 ? send_nodeinfo(kDevice) : send_reconfigure(next.parameter, next.node, next.value);
    if (!sent) return;
    reconfigurations_.pop_front();
  }
}

// VQ-9.
void Votequorum::reconfigure(const RuntimeVotes& votes) {
  for (const std::string& complaint : votes.complaints) log(LogPriority::kCritical, complaint);
  device_refused_ = votes.device_refused;
  settings_.two_node = votes.two_node;
  settings_.wait_for_all = votes.wait_for_all;
  if (!votes.usable || find(own_id_) == nullptr) return;
  device_votes_ = votes.device_votes;
  reconfigurations_.push_back({0, kDevice, 0});
  if (votes.votes != own().votes) reconfigurations_.push_back({kNodeVotes, own_id_, votes.votes});
  if (votes.expected_votes != own().expected_votes)
    reconfigurations_.push_back({kExpectedVotes, own_id_, votes.expected_votes});
  announce();
}

void Votequorum::leave() {
  if (!settings_.allow_downscale || find(own_id_) == nullptr) return;
  own().flags |= kLeaving;
  send_nodeinfo(own_id_);
  leaving_ = true;
}

bool Votequorum::send_nodeinfo(ClusterNodeId id) {
  const Node& self = own();
  ServiceMessage message(kVotequorumService, kNodeInfo);
  return sender_.send_service(message.build([&](Writer& w) {
    w.u32(id.value);
    w.u32(id == kDevice ? device_votes_ : self.votes);
    w.u32(id == kDevice ? 0 : self.expected_votes);
    w.u32(id == kDevice ? 0 : self.flags);
  }));
}

bool Votequorum::send_reconfigure(std::uint8_t parameter, ClusterNodeId node, std::uint32_t value) {
  ServiceMessage message(kVotequorumService, kReconfigure);
  return sender_.send_service(message.build([&](Writer& w) {
    w.u32(node.value);
    w.u32(value);
    w.u8(parameter);
    w.zeros(3);
  }));
}

void Votequorum::on_message(ClusterNodeId from, std::uint16_t function, std::span<const std::byte> message) {
  Reader r(message);
  r.bytes(kServiceHeaderSize);
  // Measured with 3.1.7: the leaving node itself takes no more notice.
  if (leaving_) return;
  if (function == kNodeInfo) return receive_nodeinfo(from, r);
  if (function == kReconfigure) return receive_reconfigure(r);
  if (function == kRegistration) return receive_registration(from, r);
  if (function == kRename) return receive_rename(r);
}

// VQ-15.
void Votequorum::receive_nodeinfo(ClusterNodeId from, Reader& r) {
  const ClusterNodeId id(r.u32());
  const std::uint32_t votes = r.u32();
  const std::uint32_t expected = r.u32();
  const std::uint32_t flags = r.u32();
  if (r.failed()) return;
  if (id == kDevice) {
    if (const Node* sender = find(from)) return receive_device_nodeinfo(*sender, votes);
    // VQ-16: every version asserts that it knows the sender. It does not when its own id changed under it (IF-6).
    if (from != own_id_ && find(own_id_) != nullptr && from == current_id_)
      host_.exit_node(kAbortedStatus,
                      "votequorum.c: message_handler_req_exec_votequorum_nodeinfo: Assertion `sender_node != NULL' "
                      "failed.");
    return;
  }
  Node* known = find(id);
  const bool fresh = known == nullptr;
  Node& node = fresh ? insert(id) : *known;
  const Node old = node;
  node.flags = flags;
  node.votes = votes;
  node.state = NodeState::kMember;
  bool allow_decrease = false;
  bool by_nodes = false;
  if ((flags & kLeaving) != 0) {
    node.state = NodeState::kLeaving;
    allow_decrease = by_nodes = true;
  }
  if (!quorate_ && (flags & kQuorate) != 0) {
    allow_decrease = true;
    own().expected_votes = expected;
  }
  Node& changed = *find(id);
  changed.expected_votes =
      (flags & kQuorate) != 0 || settings_.expected_votes_tracking ? expected : own().expected_votes;
  if (settings_.last_man_standing && votes > 1) {
    log(LogPriority::kWarning,
        "Last Man Standing feature is supported only when allcluster nodes votes are set to 1. Disabling LMS.");
    settings_.last_man_standing = false;
    deadlines_.cancel(Deadline::kLastManStanding);
  }
  const bool differs = old.votes != changed.votes || old.expected_votes != changed.expected_votes ||
                       old.flags != changed.flags || old.state != changed.state;
  if (fresh || id == own_id_ || (flags & kFirst) != 0 || differs) recalculate(allow_decrease, by_nodes);
  if (settings_.wait_for_all && (flags & kWaitForAllStatus) == 0 && (flags & kQuorate) != 0) set_wfa_status(false);
}

// VQ-16.
void Votequorum::receive_device_nodeinfo(const Node& sender, std::uint32_t votes) {
  const std::uint32_t before = device_votes_;
  device_votes_ = !quorate_ && (sender.flags & kQuorate) != 0 ? votes : std::max(device_votes_, votes);
  if (sender.id == own_id_ || device_votes_ != before) recalculate(false, false);
}

// VQ-17.
void Votequorum::receive_reconfigure(Reader& r) {
  const ClusterNodeId id(r.u32());
  const std::uint32_t value = r.u32();
  const std::uint8_t parameter = r.u8();
  if (r.failed()) return;
  switch (parameter) {
    case kExpectedVotes:
      for (Node& node : nodes_)
        if (node.state == NodeState::kMember) node.expected_votes = value;
      barrier_ = value;
      if (settings_.expected_votes_tracking) own().expected_votes = std::max(own().expected_votes, tracking_barrier_);
      return recalculate(true, false);
    case kNodeVotes:
      if (Node* node = find(id); node != nullptr) {
        node->votes = value;
        recalculate(true, false);
      }
      return;
    case kCancelWaitForAll:
      set_wfa_status(false);
      log(LogPriority::kInfo, fmt::format("wait_for_all_status reset by user on node {}.", id.value));
      return recalculate(false, false);
    default:
      return;
  }
}

// --- synchronisation -------------------------------------------------------------------------------------------------

// VQ-18.
void Votequorum::sync_init(const ProcessorList&, const ProcessorList& members, const Ring& ring) {
  sync_in_progress_ = true;
  nodeinfo_sent_ = false;
  std::vector<ClusterNodeId> now;
  for (const Processor& p : members) now.push_back(p.id());
  std::sort(now.begin(), now.end());
  if (now.size() > 1) own().flags &= ~static_cast<std::uint32_t>(kFirst);
  bool left = false;
  for (const ClusterNodeId id : members_) {
    if (holds(now, id)) continue;
    left = true;
    if (Node* node = find(id); node != nullptr) node->state = NodeState::kDead;
  }
  if (settings_.last_man_standing) {
    const bool tie = settings_.tie_breaker != VoteSettings::TieBreaker::kNone;
    if ((now.size() >= quorum_ && left) || (now.size() <= quorum_ && tie && holds(now, lowest_when_quorate_)))
      deadlines_.arm(Deadline::kLastManStanding, milliseconds(settings_.last_man_standing_window));
  }
  previous_members_ = std::move(members_);
  members_ = std::move(now);
  ring_ = {ring.representative.id(), ring.sequence};
  await_device_poll();
}

// VQ-19.
bool Votequorum::sync_process() {
  if (!nodeinfo_sent_) nodeinfo_sent_ = send_nodeinfo(own_id_) && send_nodeinfo(kDevice) && send_device_name();
  return nodeinfo_sent_ && !device_poll_awaited_;
}

// VQ-20.
void Votequorum::sync_activate() {
  recalculate(false, false);
  notify();
  sync_in_progress_ = false;
}

// VQ-21.
void Votequorum::on_deadline(Deadline which) {
  if (which == Deadline::kDevice) return device_lost();
  if (which == Deadline::kLastManStanding && quorate_) recalculate(true, true);
}

// --- administration --------------------------------------------------------------------------------------------------

// VQ-26.
CsError Votequorum::set_expected_votes(std::uint32_t expected) {
  std::uint32_t total = 0;
  const std::uint32_t quorum = calculate(true, expected, total);
  const bool refused = profile_.expected_votes_checked_strictly ? expected < total || (quorate_ && quorum > total)
                                                                : quorum < total / 2 || quorum > total;
  if (refused) return CsError::kInvalidParam;
  return send_reconfigure(kExpectedVotes, own_id_, expected) ? CsError::kOk : CsError::kTryAgain;
}

// VQ-27.
CsError Votequorum::set_votes(ClusterNodeId id, std::uint32_t votes) {
  Node* node = find(id);
  if (node == nullptr) return CsError::kNameNotFound;
  const std::uint32_t before = node->votes;
  node->votes = votes;
  std::uint32_t total = 0;
  const std::uint32_t quorum = calculate(true, 0, total);
  node->votes = before;
  if (quorum < total / 2 || quorum > total) return CsError::kInvalidParam;
  return send_reconfigure(kNodeVotes, id, votes) ? CsError::kOk : CsError::kTryAgain;
}

void Votequorum::cancel_wait_for_all() {
  reconfigurations_.push_back({kCancelWaitForAll, own_id_, 0});
  sender_.on_client_request();
}

}  // namespace simcluster::membership
