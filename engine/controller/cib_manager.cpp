#include "engine/controller/cib_manager.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "engine/base/wire.h"
#include "engine/cib/digest.h"
#include "engine/controller/cib_diff.h"
#include "engine/controller/logs.h"

namespace simcluster::controller {

namespace {
constexpr std::string_view kDiskKey = "cib.xml";
constexpr Duration kDigestDelay = seconds(5);  // CM-6.9
}  // namespace

CibManager::CibManager(Host& host, const Profile& profile, std::string node_name, CibClient& client)
    : process_(host),
      host_(process_),
      profile_(profile),
      node_name_(std::move(node_name)),
      client_(client),
      store_(std::string(crm_feature_set(profile))) {}

CibManager::~CibManager() { stop_timer(); }

void CibManager::die() {
  connected_ = false;
  dead_ = true;
  replies_.clear();
  unanswered_.clear();
  process_.end();
  group_.reset();
}

Result<void> CibManager::start(membership::GroupService& service, std::uint32_t process, std::string_view initial_cib) {
  if (const auto stored = host_.load(kDiskKey)) {
    const Result<void> loaded = store_.load(*stored, kDiskKey);
    if (!loaded) {
      host_.log(LogPriority::kError, daemon_name(Daemon::kCib, profile_),
                fmt::format("The CIB on disk is not usable: {}", loaded.error().text()));
    }
  } else if (!initial_cib.empty()) {
    if (Result<void> loaded = store_.load(initial_cib, "initial CIB"); !loaded) return loaded;
    write_to_disk();
  }
  Result<std::unique_ptr<membership::Group>> joined = service.join("cib", process, *this);
  if (!joined) return tl::unexpected(joined.error());
  group_ = std::move(*joined);
  agree_on_limit();
  return {};
}

void CibManager::stop() {
  connected_ = false;
  stop_timer();
  replies_.clear();
  unanswered_.clear();
  if (group_) group_->leave();
}

void CibManager::send(Kind kind, std::uint32_t call, ClusterNodeId to, std::string_view origin,
                      std::span<const std::byte> body) {
  if (!group_ || dead_) return;
  WireWriter out;
  out.u8(static_cast<std::uint8_t>(kind));
  out.u32(call);
  out.u32(to.value);
  out.text(origin);
  out.text(as_text(body));
  if (!group_) return;  // dead
  // Both fail only after leave(): nobody waits then.
  const bool answers = kind == Kind::kDigest || (kind == Kind::kReplace && to != group_->self().node);
  static_cast<void>(answers ? group_->answer(to, out.bytes()) : group_->multicast(out.bytes()));
}

std::uint32_t CibManager::submit(CibRequest request, CibReply reply) {
  request.origin = node_name_;
  const std::uint32_t call = ++last_call_;
  if (dead_) return call;
  if (process_.still()) {
    process_.puts_off([this, call, request, reply] { send_request(call, request, reply); });
  } else {
    send_request(call, request, std::move(reply));
  }
  return call;
}

void CibManager::send_request(std::uint32_t call, const CibRequest& request, CibReply reply) {
  if (reply) replies_.emplace(call, std::move(reply));
  std::vector<std::byte> bytes = encode(request);
  send(Kind::kRequest, call, ClusterNodeId::none(), node_name_, bytes);
  if (profile_.cib_diffs_from_primary) unanswered_[call].bytes = std::move(bytes);
}

void CibManager::sync_from(ClusterNodeId node, CibReply reply) {
  if (dead_ || process_.puts_off([this, node, reply] { sync_from(node, reply); })) return;
  const std::uint32_t call = ++last_call_;
  if (reply) replies_.emplace(call, std::move(reply));
  send(Kind::kSyncRequest, call, node, node_name_, {});
}

void CibManager::on_deliver(const membership::GroupMember& sender, std::span<const std::byte> bytes) {
  if (dead_) return;
  if (process_.still()) {
    process_.puts_off([this, sender, copy = kept(bytes)] { on_deliver(sender, copy); });
    return;
  }
  WireReader in(bytes);
  const std::uint8_t kind = in.u8();
  const std::uint32_t call = in.u32();
  const ClusterNodeId to(in.u32());
  const std::string_view origin = in.text();
  const std::span<const std::byte> body = as_bytes_of(in.text());
  if (!in.complete() || kind > static_cast<std::uint8_t>(Kind::kLimit)) return;
  const bool own = sender == group_->self();
  switch (static_cast<Kind>(kind)) {
    case Kind::kRequest:
      deliver_request(sender, call, body);
      return;
    case Kind::kSyncRequest:
      if (to != group_->self().node) return;
      send_all(call, sender.node);
      return;
    case Kind::kReplace:
      deliver_replace(call, to, origin, body);
      return;
    case Kind::kPing:
      if (!own) send(Kind::kDigest, call, sender.node, node_name_, as_bytes_of(fingerprint()));
      return;
    case Kind::kDigest:
      if (to == group_->self().node) compare(sender.node, call, as_text(body));
      return;
    case Kind::kPrimary:
      if (own) --announcements_;
      deliver_primary(sender.node, call != 0);
      return;
    case Kind::kDiff:
      if (own) {
        own_diff_delivered(call, to);
      } else {
        deliver_diff(sender.node, call, to, origin, as_text(body));
      }
      return;
    case Kind::kAnswer:
      if (to == group_->self().node) deliver_answer(call, as_text(body));
      return;
    case Kind::kLimit:
      deliver_limit(sender.node, body);
      return;
  }
}

// The whole CIB and its digest (CM-6.10).
void CibManager::send_all(std::uint32_t call, ClusterNodeId asked_by) {
  const std::string text = cib::write_compact(store_.document().root());
  WireWriter out;
  out.text(cib::md5_hex(text));
  out.text(text);
  send(Kind::kReplace, call, asked_by, node_name_, out.bytes());
}

// --- how large may it be? ---

void CibManager::limit(std::size_t bytes) {
  own_limit_ = bytes;
  agree_on_limit();
}

void CibManager::tell_limit() {
  if (own_limit_ == 0 || !group_) return;
  WireWriter out;
  out.u64(own_limit_);
  send(Kind::kLimit, 0, ClusterNodeId::none(), node_name_, out.bytes());
}

void CibManager::deliver_limit(ClusterNodeId node, std::span<const std::byte> body) {
  WireReader in(body);
  const std::uint64_t bytes = in.u64();
  if (!in.complete() || bytes == 0) return;
  if (std::exchange(limits_[node], bytes) != bytes) agree_on_limit();
}

// At moments that all replicas have in common: somebody has told another limit, or left, or the whole document was sent
// to everybody.
void CibManager::agree_on_limit() {
  if (own_limit_ == 0) return;
  room_.least = limits_.empty() ? own_limit_ : limits_.begin()->second;
  for (const auto& [node, bytes] : limits_) room_.least = std::min(room_.least, bytes);
  const std::size_t now = store_.document().content_bytes();
  room_.in_force = room_.least;
  while (room_.in_force < now) room_.in_force *= 2;
  store_.limit(room_.in_force);
  const bool too_large = now > room_.least;
  if (std::exchange(over_limit_, too_large) || !too_large) return;
  log_line(
      host_, profile_, LogPriority::kWarning, Daemon::kCib, "cib_process_replace",
      fmt::format("The CIB has {} KiB, more than the {} KiB that all nodes allow; up to {} KiB are taken until it is "
                  "smaller",
                  now >> 10, room_.least >> 10, room_.in_force >> 10));
}

// --- are the replicas alike? (CM-6.9) ---

std::string CibManager::fingerprint() const {
  return fmt::format("{}.{}", version_text(generation()), content_digest(store_.document()));
}

void CibManager::stop_timer() {
  if (digest_timer_.valid()) host_.cancel_timer(digest_timer_);
  digest_timer_ = TimerId::none();
}

void CibManager::await_quiet() {
  stop_timer();
  digest_timer_ = host_.start_timer(kDigestDelay, *this, 0);
}

void CibManager::on_timer(std::uint64_t) {
  digest_timer_ = TimerId::none();
  if (!primary_ || !connected_ || group_->members().size() < 2) return;
  pinged_ = fingerprint();
  send(Kind::kPing, ++last_ping_, ClusterNodeId::none(), node_name_, {});
}

// What has changed since the question was asked makes the answer worthless.
void CibManager::compare(ClusterNodeId node, std::uint32_t ping, std::string_view theirs) {
  if (!primary_ || ping != last_ping_ || theirs == pinged_ || fingerprint() != pinged_) return;
  log_line(host_, profile_, LogPriority::kNotice, Daemon::kCib, "cib_process_ping",
           fmt::format("Local CIB {} differs from {}: {}", pinged_, node.value, theirs));
  send_all(0, ClusterNodeId::none());
}

void CibManager::deliver_request(const membership::GroupMember& sender, std::uint32_t call,
                                 std::span<const std::byte> body) {
  const std::optional<CibRequest> request = decode_cib_request(body);
  if (!request) return;
  const bool own = sender == group_->self();
  if (primary_node_.valid()) {
    if (const auto it = unanswered_.find(call); own && it != unanswered_.end()) it->second.delivered = true;
    if (primary_node_ == group_->self().node && primary_ && announcements_ == 0)
      apply_as_primary(sender, call, *request);
    return;
  }
  const Result<CibUpdate> update = store_.apply(*request, host_.now());
  if (update) applied(*update);
  if (!update) note_refusal(update.error(), request->origin);
  if (!own) return;
  answer(call, update ? Result<void>() : Result<void>(tl::unexpected(update.error())));
}

void CibManager::deliver_replace(std::uint32_t call, ClusterNodeId asked_by, std::string_view origin,
                                 std::span<const std::byte> body) {
  WireReader in(body);
  const std::string_view digest = in.text();
  const std::string_view text = in.text();
  const std::string before = version_text(generation());
  // Whoever has sent it gets it, too: nothing changes there, and nobody is told.
  const bool same = cib::document_digest(store_.document()) == digest;
  const auto older = std::exchange(outrun_, false) ? CibStore::Older::kTake : CibStore::Older::kRefuse;
  const Result<CibUpdate> update =
      in.complete() && cib::md5_hex(text) == digest
          ? store_.replace(text, origin, older)
          : Result<CibUpdate>(fail(fmt::format("Replacement from {} not applied: digest mismatch", origin)));
  resync_asked_ = false;
  agree_on_limit();
  if (!update)
    log_line(host_, profile_, LogPriority::kInfo, Daemon::kCib, "cib_process_replace", update.error().message);
  if (update && !same) {
    log_line(host_, profile_, LogPriority::kInfo, Daemon::kCib, "cib_process_replace",
             fmt::format("Replaced {} with {} from {}", before, version_text(generation()), origin));
    applied(*update);
  }
  if (asked_by != group_->self().node) return;
  answer(call, update ? Result<void>() : Result<void>(tl::unexpected(update.error())));
}

// Once, until something can be changed again: peers must not fill the log either.
void CibManager::note_refusal(const Error& error, std::string_view origin) {
  if (!is_too_large(error) || std::exchange(refuses_, true)) return;
  log_line(host_, profile_, LogPriority::kError, Daemon::kCib, "cib_process_request",
           fmt::format("Refusing changes from {}: {}", origin, error.message));
}

void CibManager::applied(const CibUpdate& update) {
  if (!update.changed() && !update.configuration_changed) return;
  refuses_ = false;
  await_quiet();
  if (update.configuration_changed) write_to_disk();
  if (host_.tracing(TraceKind::kCibUpdate)) trace_update(update);
  client_.on_cib_update(update);
}

void CibManager::answer(std::uint32_t call, const Result<void>& result) {
  unanswered_.erase(call);
  reply(call, result);
}

void CibManager::reply(std::uint32_t call, const Result<void>& result) {
  const auto it = replies_.find(call);
  if (it == replies_.end()) return;
  const CibReply waiting = std::move(it->second);
  replies_.erase(it);
  waiting(result);
}

void CibManager::write_to_disk() { host_.persist(kDiskKey, cib::write_document(store_.document()), *this, 0); }

void CibManager::trace_update(const CibUpdate& update) const {
  host_.trace(TraceKind::kCibUpdate,
              {{"version", version_text(generation())},
               {"origin", update.origin},
               {"client", update.client},
               {"changes", update.changes.size()},
               {"path", update.changes.empty() ? std::string_view() : std::string_view(update.changes[0].path)}});
}

void CibManager::on_configuration(const membership::GroupConfiguration& configuration) {
  if (dead_) return;
  if (process_.still()) {
    process_.puts_off([this, copy = KeptConfiguration(configuration)] { on_configuration(copy.view()); });
    return;
  }
  for (const membership::GroupChange& change : configuration.left) {
    if (change.member.node == primary_node_) lose_primary();
    if (limits_.erase(change.member.node) != 0) agree_on_limit();
  }
  if (!configuration.joined.empty()) tell_limit();                                 // who has come does not know
  if (primary_ && connected_ && !configuration.joined.empty()) set_primary(true);  // who has come does not know
  if (connected_) return;
  for (const membership::GroupChange& change : configuration.joined) {
    if (!group_ || change.member != group_->self()) continue;
    connected_ = true;
    client_.on_cib_connected();
  }
}

void CibManager::on_persisted(std::uint64_t) {}

}  // namespace simcluster::controller
