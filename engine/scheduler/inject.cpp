#include "engine/scheduler/inject.h"

#include <charconv>

#include "engine/scheduler/model.h"
#include "engine/scheduler/operation_key.h"
#include "engine/scheduler/status_editor.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

using namespace cib::names;

class Injector {
 public:
  Injector(cib::Document& cib, const Model& model, const Injections& injections, std::int64_t now)
      : model_(model), injections_(injections), editor_(cib, now, !injections.nodes_up.empty(), model.log) {}

  std::vector<InjectedItem> run() {
    if (injections_.quorum) {
      say(InjectedItem::Kind::kQuorum, "Setting quorum: " + *injections_.quorum, {}, *injections_.quorum);
      editor_.set_quorum(*injections_.quorum);
    }
    if (injections_.watchdog) {
      say(InjectedItem::Kind::kWatchdog, "Setting watchdog: " + *injections_.watchdog, {}, *injections_.watchdog);
      editor_.set_cluster_option("have-watchdog", *injections_.watchdog);
    }
    for (const std::string& node : injections_.nodes_up) {
      say(InjectedItem::Kind::kNode, "Bringing node " + node + " online", "Online", node);
      editor_.take_online(node);
    }
    for (const std::string& node : injections_.nodes_down) {
      say(InjectedItem::Kind::kNode, "Taking node " + node + " offline", "Offline", node);
      editor_.take_offline(node);
    }
    for (const std::string& node : injections_.nodes_failed) {
      say(InjectedItem::Kind::kNode, "Failing node " + node, "Failing", node);
      editor_.fail(node);
    }
    tickets(injections_.tickets_granted, "Granting ticket ", "", "Granting", "granted", "true");
    tickets(injections_.tickets_revoked, "Revoking ticket ", "", "Revoking", "granted", "false");
    tickets(injections_.tickets_standby, "Making ticket ", " standby", "Standby", "standby", "true");
    tickets(injections_.tickets_activated, "Activating ticket ", "", "Activating", "standby", "false");
    for (const std::string& spec : injections_.operations) inject_operation(spec);
    editor_.store_version();
    return std::move(items_);
  }

 private:
  void say(InjectedItem::Kind kind, std::string text, std::string action, std::string subject) {
    items_.push_back({kind, std::move(text), std::move(action), std::move(subject), std::nullopt});
  }

  void tickets(const std::vector<std::string>& list, std::string_view before, std::string_view after,
               std::string_view action, std::string_view attribute, std::string_view value) {
    for (const std::string& ticket : list) {
      say(InjectedItem::Kind::kTicket, std::string(before) + ticket + std::string(after), std::string(action), ticket);
      editor_.set_ticket(ticket, attribute, value);
    }
  }

  struct Spec {
    std::string_view key_text;
    OperationKey key;
    std::string_view node;
    int rc = 0;
  };

  // KEY@NODE=RC, where a part ends with the text too. The number of parts found, as sscanf counts them: -1 for an empty
  // text. All three are needed.
  static int split(std::string_view text, Spec& spec) {
    const std::size_t at = text.find('@');
    if (text.empty()) return -1;
    if (at == 0) return 0;
    spec.key_text = text.substr(0, at);
    if (at == std::string_view::npos) return 1;
    const std::size_t equals = text.find('=', at);
    spec.node = text.substr(at + 1, equals == std::string_view::npos ? equals : equals - at - 1);
    if (spec.node.empty()) return 1;
    if (equals == std::string_view::npos) return 2;
    const std::string_view rc = text.substr(equals + 1);
    return std::from_chars(rc.data(), rc.data() + rc.size(), spec.rc).ec == std::errc() ? 3 : 2;
  }

  void inject_operation(const std::string& text) {
    say(InjectedItem::Kind::kOperation, "Injecting " + text + " into the configuration", {}, text);
    Spec spec;
    if (const int fields = split(text, spec); fields < 3) {
      say(InjectedItem::Kind::kError,
          "Invalid operation spec: " + text + ".  Only found " + std::to_string(fields) + " fields", {}, text);
      return;
    }
    const auto key = split_operation_key(spec.key_text);
    if (!key) {
      say(InjectedItem::Kind::kError, "Invalid resource name: (null)", {}, text);
      return;
    }
    spec.key = *key;
    const ResourceId id = find_resource(model_, spec.key.resource);
    if (!id.valid()) {
      say(InjectedItem::Kind::kError, "Invalid resource name: " + std::string(spec.key.resource), {}, text);
      return;
    }
    count_failure(spec);
    record(spec, model_.resource(id));
  }

  void count_failure(const Spec& spec) {
    if (spec.rc == 0 || (spec.rc == 7 && spec.key.interval == 0)) return;
    const bool infinite =
        spec.key.task == "stop" || (spec.key.task == "start" && model_.options.start_failure_is_fatal);
    for (InjectedAttribute& attribute : editor_.count_failure(spec.node, node_id(spec.node), spec.key.resource,
                                                              spec.key.task, spec.key.interval, infinite)) {
      say(InjectedItem::Kind::kAttribute, attribute.text(), {}, {});
      items_.back().attribute = std::move(attribute);
    }
  }

  std::string_view node_id(std::string_view name) const {
    const NodeId node = find_node(model_, name);
    return node.valid() ? model_.node(node).id : std::string_view();
  }

  void record(const Spec& spec, const Resource& resource) {
    OperationResult result;
    result.task = spec.key.task;
    result.interval = spec.key.interval;
    result.rc = spec.rc;
    if (spec.rc != 0) result.exit_reason = "Simulated action result";
    const HistoryTarget target{spec.key.resource, spec.key.resource, resource.agent_class, resource.provider,
                               resource.type};
    editor_.record(spec.node, node_id(spec.node), target, result);
  }

  const Model& model_;
  const Injections& injections_;
  StatusEditor editor_;
  std::vector<InjectedItem> items_;
};

}  // namespace

bool Injections::empty() const {
  return nodes_up.empty() && nodes_down.empty() && nodes_failed.empty() && operations.empty() &&
         tickets_granted.empty() && tickets_revoked.empty() && tickets_standby.empty() && tickets_activated.empty() &&
         !watchdog;
}

std::vector<InjectedItem> inject(cib::Document& cib, const Model& model, const Injections& injections,
                                 std::int64_t now) {
  return Injector(cib, model, injections, now).run();
}

}  // namespace simcluster::scheduler
