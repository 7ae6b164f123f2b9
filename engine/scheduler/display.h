// The status block of crm_simulate, byte for byte (S2 chapter 20). Writers append to a string; nothing is printed.
#pragma once

#include <string>

#include "engine/scheduler/model.h"

namespace simcluster::scheduler {

// The text formatter's nested lists (S2 D-20.1).
class TextList {
 public:
  explicit TextList(std::string& out, bool fancy = true) : out_(out), fancy_(fancy) {}

  // A heading at the current depth; items that follow stand one deeper until end().
  void begin(std::string_view heading);
  void begin_without_heading() { ++depth_; }
  void end() { --depth_; }
  void item(std::string_view text);
  // "* label: text"
  void labelled_item(std::string_view label, std::string_view text);
  int depth() const { return depth_; }

 private:
  void indent(bool bullet);

  std::string& out_;
  int depth_ = 0;
  bool fancy_;
};

struct DisplayOptions {
  bool show_pending = true;      // false in the revised status
  bool node_attributes = false;  // -A
  bool failures = false;         // -c: migration summary and failed actions
};

// "heading:" and the status block below it (S2 D-20.8): node list, resource list, and the sections asked for.
// `heading` is "Current cluster status" or "Revised Cluster Status".
void write_status(Model& model, std::string_view heading, const DisplayOptions& options, std::string& out);

// The line of a resource that is not a collective, without item prefix (S2 D-20.9). `name` is the display name.
std::string resource_line(const Model& model, const Resource& resource, std::string_view name, NodeId node,
                          bool show_pending);
// What a pending action of a resource is called: "Starting", "Monitoring"; empty for others (S2 D-20.9).
std::string_view pending_text(std::string_view action);
// The resource's own target-role keeps it from running, or from being promoted (S2 D-20.15, D-20.16).
bool is_disabled(const Resource& resource);
// S2: 1 good, 0 yellow, -1 red.
int health_sign(const Model& model, const Node& node);
// "online", "UNCLEAN (offline)", "standby", ... (S2 D-20.20).
std::string_view node_status_text(const Node& node);
// The displayed role's text (S2 D-20.9).
std::string_view displayed_role(const Model& model, const Resource& resource);
// S2 D-20.14: the first recorded probe failure that was masked. None: any node.
const FailedAction* failed_probe(const Model& model, const Resource& resource, NodeId node);

// The DISABLED/BLOCKED line of S2 D-20.6 2b without newline; empty when there is nothing to say.
std::string counts_line(const Model& model);
// "YYYY-MM-DD HH:MM:SSZ" (S2 D-20.5).
std::string utc_text(std::int64_t seconds);
// "Fri Mar  2 05:46:25 2012" in the time zone of the model (S2 D-20.25).
std::string local_time_text(const Model& model, std::int64_t seconds);

}  // namespace simcluster::scheduler
