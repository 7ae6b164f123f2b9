// The picture of a transition (S5 chapter J).
#include <string>
#include <vector>

#include "engine/scheduler/graph.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/scheduler.h"

namespace simcluster::scheduler {

namespace {

class DotWriter {
 public:
  DotWriter(Model& model, bool all_actions, bool with_ids)
      : model_(model), all_(all_actions), with_ids_(with_ids), written_(model.actions.size(), false) {}

  std::string run() {
    const auto count = static_cast<std::uint32_t>(model_.actions.size());
    out_ = " digraph \"g\" {\n";
    for (std::uint32_t i = count; i-- > 0;) node_line(ActionId(i));
    for (std::uint32_t i = count; i-- > 0;) edge_lines(ActionId(i));
    out_ += "}\n";
    return std::move(out_);
  }

 private:
  std::string name(ActionId id) {
    Action& action = model_.actions[id];
    std::string result = base_name(action);
    if (with_ids_) result += " (" + std::to_string(id.value + 1) + ")";
    return result;
  }

  std::string base_name(Action& action) {
    std::string host;
    if (action.node.valid()) {
      host = model_.node(action.node).name;
    } else if (!action.pseudo()) {
      host = "<none>";
    }
    const std::string prefix = action.task == Task::kCancel ? "Cancel " : "";
    if (action.resource.valid() && !model_.resource(action.resource).history_id.empty()) {
      const std::string key = prefix + history_key(action);
      return host.empty() ? key : key + " " + host;
    }
    if (action.task == Task::kFence) {
      return "stonith '" + std::string(action.meta.get("stonith_action").value_or("")) + "' " + host;
    }
    if (action.resource.valid() && !host.empty()) {
      return prefix + std::string(action_key(model_, action)) + " " + host;
    }
    if (!host.empty()) return std::string(action.task_text) + " " + host;
    return std::string(action_key(model_, action));
  }

  std::string history_key(Action& action) {
    std::string key(model_.resource(action.resource).history_id);
    if (action.task == Task::kNotify || action.task == Task::kNotified) {
      const Pairs& meta = action_meta(model_, action);
      key += "_" + std::string(meta.get("notify_key_type").value_or(""));
      key += "_notify_" + std::string(meta.get("notify_key_operation").value_or("")) + "_0";
      return key;
    }
    key += "_" + std::string(action.cancel_task_text.empty() ? action.task_text : action.cancel_task_text);
    return key + "_" + std::to_string(action.interval);
  }

  void node_line(ActionId id) {
    const Action& action = model_.actions[id];
    const char* style = "dashed";
    const char* color = "red";
    const char* font = action.pseudo() ? "orange" : "black";
    if (action.has(action_flag::kGraphed)) {
      style = "bold";
      color = "green";
    } else if (action.resource.valid() && !model_.resource(action.resource).managed) {
      if (!all_) return;
      font = "purple";
    } else if (action.optional()) {
      if (!all_) return;
      color = "blue";
    }
    written_[id.index()] = true;
    out_ += '"' + name(id) + "\" [ style=" + style + " color=\"" + color + "\" fontcolor=\"" + font + "\"]\n";
  }

  void edge_lines(ActionId id) {
    for (RelationId r = model_.actions[id].before; r.valid(); r = model_.actions.relation(r).next) {
      const Relation& relation = model_.actions.relation(r);
      const char* style = "dashed";
      if (relation.graphed) {
        style = "bold";
      } else if (relation.flags == relation::kNone) {
        continue;
      } else if (!all_ &&
                 !(written_[id.index()] && written_[relation.action.index()] && relation.flags != relation::kLoad)) {
        continue;
      }
      out_ += '"' + name(relation.action) + "\" -> \"" + name(id) + "\" [ style = " + style + "]\n";
    }
  }

  Model& model_;
  bool all_;
  bool with_ids_;
  std::vector<bool> written_;
  std::string out_;
};

}  // namespace

std::string write_dot(const Schedule& schedule, bool all_actions, bool with_ids) {
  return DotWriter(*schedule.model, all_actions, with_ids).run();
}

}  // namespace simcluster::scheduler
