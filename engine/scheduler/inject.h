// Modifications of a CIB before it is scheduled: "what if this node were down" (S5 M-6, S2 chapter 21).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/cib/document.h"
#include "engine/scheduler/injected_attribute.h"

namespace simcluster::scheduler {

struct Model;

struct Injections {
  std::vector<std::string> nodes_up;
  std::vector<std::string> nodes_down;
  std::vector<std::string> nodes_failed;
  std::vector<std::string> operations;  // RSC_TASK_INTERVAL@NODE=RC
  std::vector<std::string> tickets_granted;
  std::vector<std::string> tickets_revoked;
  std::vector<std::string> tickets_standby;
  std::vector<std::string> tickets_activated;
  std::optional<std::string> quorum;
  std::optional<std::string> watchdog;

  // Quorum alone is no reason to inject anything.
  bool empty() const;
};

// One thing done, for the output.
struct InjectedItem {
  enum class Kind : std::uint8_t { kQuorum, kWatchdog, kNode, kTicket, kOperation, kAttribute, kError };
  Kind kind = Kind::kNode;
  std::string text;     // the line; for errors what belongs on standard error
  std::string action;   // node or ticket action of other output formats
  std::string subject;  // node, ticket, specification, or value
  std::optional<InjectedAttribute> attribute;
};

// Changes `cib`. `model` is what was unpacked from it before, for names of resources. `now` in seconds since 1970.
std::vector<InjectedItem> inject(cib::Document& cib, const Model& model, const Injections& injections,
                                 std::int64_t now);

}  // namespace simcluster::scheduler
