// What fencers say to each other (CM J.2), as structs and as bytes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/wire.h"
#include "engine/fencer/fencer.h"

namespace simcluster::fencer {

// An operation is known everywhere by who was asked first and that node's number for it.
using OperationId = std::pair<std::string, std::uint32_t>;

enum class MessageKind : std::uint8_t { kRelay, kQuery, kAnswer, kExecute, kExecuted, kResult, kHistory };
inline constexpr std::uint8_t kMessageKinds = 7;

// What a node says about one of its devices (CM-10.8). Times of 0: the operation's own count.
struct DeviceOffer {
  std::string id;
  bool verified = false;      // it has answered before
  bool can_switch_on = true;  // there is an `on` phase for it (CM-10.14)
  bool stays_off = false;     // there is none because its pcmk_reboot_action is off
  Duration reboot_timeout;
  Duration off_timeout;
  Duration on_timeout;
  Duration delay;  // the longest that it waits before off and reboot
};

// `to` runs the action; device empty: whatever it has, one after the other (CM-10.15).
struct Execution {
  std::string to;
  std::string device;
  FencingRequest request;
};

// A line of the fencer's log, as its release calls it. What follows " | " is for detail logs, which came with 2.0.
void write_log(Host& host, const Profile& profile, LogPriority priority, std::string_view text);

// The operation's name in logs: a UUID, the same on every node. `short_id` is its first part.
std::string uuid_of(const OperationId& id);
std::string short_id(const OperationId& id);

// How a device's command has ended, in the words of the log: "complete" when its agent has given an answer, whatever
// that was.
std::string outcome_text(FencingStatus status, std::string_view reason);
// The same of an operation: "OK (complete)", "Error occurred (Timed Out: REASON)".
std::string result_text(FencingStatus status, std::string_view reason);

struct Outcome {
  FencingStatus status = FencingStatus::kFailed;
  std::string delegate;
  std::string reason;
  std::string words;    // of the agent that failed
  bool merged = false;  // it shares the result of another operation
};

WireWriter result_message(const OperationId& id, const FencingRequest& request, const Outcome& outcome);
WireWriter open_message(MessageKind kind, const OperationId& id);
void write_request(WireWriter& out, const FencingRequest& request);
FencingRequest read_request(WireReader& in);
void write_offers(WireWriter& out, const std::vector<DeviceOffer>& offers);
std::vector<DeviceOffer> read_offers(WireReader& in);
void write_history(WireWriter& out, const HistoryEntry& entry);
HistoryEntry read_history(WireReader& in);

}  // namespace simcluster::fencer
