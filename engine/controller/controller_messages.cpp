// Messages between controllers: sending, routing (CM A.2), shutdown requests, acknowledgements.
#include <fmt/core.h>

#include "engine/controller/controller_impl.h"

namespace simcluster::controller {

std::vector<std::byte> Controller::Impl::sealed(Message& message) const {
  message.from_name = config_.name;
  message.feature_set = crm_feature_set(profile_);
  return encode(message);
}

void Controller::Impl::send(Message message) {
  if (!crmd_.group || ended_) return;
  static_cast<void>(crmd_.group->multicast(sealed(message)));  // fails only after leave()
}

void Controller::Impl::answer_to(ClusterNodeId node, Message message) {
  if (!crmd_.group || ended_) return;
  message.to = node;
  static_cast<void>(crmd_.group->answer(node, sealed(message)));  // fails only after leave()
}

void Controller::Impl::send_to(ClusterNodeId node, Message message) {
  message.to = node;
  send(std::move(message));
}

void Controller::Impl::on_crmd_message(const membership::GroupMember& sender, std::span<const std::byte> bytes) {
  if (ended_) return;
  if (process_.still()) {
    process_.puts_off([this, sender, copy = kept(bytes)] { on_crmd_message(sender, copy); });
    return;
  }
  std::optional<Message> decoded = decode(bytes);
  if (!decoded) {
    log(LogPriority::kError, "crmd_ha_msg_callback", "Discarding an unreadable message");
    return;
  }
  decoded->from = sender.node;
  // The sender's name is learned from the envelope (CM-1.8).
  if (Peer& peer = peers_.get(sender.node); peer.name.empty()) peer.name = decoded->from_name;
  if (decoded->to.valid() && decoded->to != self_) return;
  if (decoded->to_dc && !decoded->to.valid() && !the_dc_) return;  // CM-1.6 (b)
  if (the_dc_ && decoded->from_dc && sender.node != self_) {       // CM-1.7
    log(LogPriority::kWarning, "crmd_ha_msg_filter",
        fmt::format("Another DC detected: {} (op={})", decoded->from_name, task_name(decoded->task)));
    if (fsa_.state() != State::kElection) raise(Input::kElection, Cause::kFsaInternal, "crmd_ha_msg_filter");
    return;
  }
  route(std::make_shared<const Message>(std::move(*decoded)));
}

void Controller::Impl::route(std::shared_ptr<const Message> message) {
  switch (message->task) {
    case Task::kHello:  // CM-1.6 (a)
      return;
    case Task::kPing:
      answer_ping(*message);
      return;
    case Task::kPingAnswer:
      note_ping_answer(*message);
      return;
    case Task::kVote:
    case Task::kNoVote:
      queue(Input::kNull, Cause::kHaMessage, "route_message",
            ActionSet(Action::kElectionCount) | Action::kElectionCheck, std::move(message));
      return;
    case Task::kJoinOffer:
      queue(Input::kJoinOffer, Cause::kHaMessage, "route_message", {}, std::move(message));
      return;
    case Task::kJoinAckNack:
      queue(Input::kJoinResult, Cause::kHaMessage, "route_message", {}, std::move(message));
      return;
    case Task::kShutdownRequest:
      handle_shutdown_request(*message);
      return;
    case Task::kDoShutdown:
      handle_permission(*message);
      return;
    case Task::kLrmInvoke:
      lrm_.handle(message->lrm);
      return;
    case Task::kThrottle:
      note_load(*message);
      return;
    case Task::kLrmDelete:
      lrm_.refresh(message->text);
      return;
    case Task::kClearFailcount:
      lrm_.clear_failures(message->text);
      return;
    default:
      if (the_dc_) route_dc(message);
      return;
  }
}

// What only a DC listens to.
void Controller::Impl::route_dc(const std::shared_ptr<const Message>& message) {
  switch (message->task) {
    case Task::kJoinAnnounce:
      queue(Input::kNodeJoin, Cause::kHaMessage, "route_message", {}, message);
      return;
    case Task::kJoinRequest:
      queue(Input::kJoinRequest, Cause::kHaMessage, "route_message", {}, message);
      return;
    case Task::kJoinConfirm:
      queue(Input::kJoinResult, Cause::kHaMessage, "route_message", {}, message);
      return;
    case Task::kDirectAck:
      process_ack(message->ack);
      return;
    default:
      return;
  }
}

// CM-1.6 (d), (e)
void Controller::Impl::ping(std::string_view node, PingAnswer answer) {
  ClusterNodeId to = dc_;
  if (!node.empty()) {
    const Peer* peer = peers_.find(node);
    if (peer == nullptr) {
      log(LogPriority::kWarning, "relay_message",
          fmt::format("Ignoring message ping because node {} is unknown", node));
      return;
    }
    to = peer->id;
  }
  if (!to.valid()) {
    answer({}, state_name(fsa_.state()));
    return;
  }
  Message message;
  message.task = Task::kPing;
  message.text = fmt::format("{}", ++last_ping_);
  pings_[message.text] = std::move(answer);
  send_to(to, std::move(message));
}

void Controller::Impl::answer_ping(const Message& message) {
  Message answer;
  answer.task = Task::kPingAnswer;
  answer.text = fmt::format("{} {}", message.text, state_name(fsa_.state()));
  answer_to(message.from, std::move(answer));
}

void Controller::Impl::note_ping_answer(const Message& message) {
  const std::string_view text = message.text;
  const auto space = text.find(' ');
  const auto asked = pings_.find(text.substr(0, space));
  if (space == std::string_view::npos || asked == pings_.end()) return;
  const PingAnswer answer = std::move(asked->second);
  pings_.erase(asked);
  answer(message.from_name, text.substr(space + 1));
}

// CM-11.2
void Controller::Impl::handle_shutdown_request(const Message& message) {
  Peer& peer = peers_.get(message.from);
  peer.expected = Expected::kDown;
  if (!the_dc_) return;
  log(LogPriority::kInfo, "handle_shutdown_request",
      fmt::format("Creating shutdown request for {} (state={})", peer.name, state_name(fsa_.state())));
  daemons_.attributes().update("shutdown", fmt::format("{}", host_.now().unix_seconds()), {}, message.from);
}

// CM-11.3
void Controller::Impl::handle_permission(const Message& message) {
  log(LogPriority::kInfo, "handle_request",
      fmt::format("Shutting down controller after confirmation from {}", message.from_name));
  set_shutdown();
  queue(Input::kStop, Cause::kHaMessage, "handle_request");
}

// --- the executor's questions ---

// CM-8.1
std::string_view Controller::Impl::refusal(std::string_view action) {
  if (action == "start" && shutting_down_) {
    queue(Input::kShutdown, Cause::kShutdown, "do_lrm_rsc_op");
    return "Not attempting start due to shutdown in progress";
  }
  const State state = fsa_.state();
  const bool ready = state == State::kNotDc || state == State::kPolicyEngine || state == State::kTransitionEngine;
  if (!ready && action != "stop") return "Controller cannot attempt actions at this time";
  return {};
}

void Controller::Impl::send_direct_ack(const DirectAck& ack) {
  Message message;
  message.task = Task::kDirectAck;
  message.to_dc = true;
  message.ack = ack;
  send(std::move(message));
}

void Controller::Impl::on_device_verified(const std::string& device) { daemons_.fencer().note_verified(device); }

void Controller::Impl::on_lrm_idle() {
  if (leaving_) fsa_.trigger();
}

}  // namespace simcluster::controller
