#include "bench/cluster_generator.h"

#include <array>
#include <map>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "engine/base/random.h"
#include "engine/cib/digest.h"

namespace simcluster::bench {

namespace {

constexpr std::string_view kFeatureSet = "3.16.1";
constexpr int kNow = 1'700'000'000;

enum class Kind : std::uint8_t { kPrimitive, kGroup, kClone, kPromotable };

struct Item {
  std::string id;
  Kind kind = Kind::kPrimitive;
  int node = 0;  // where it runs; of a promotable the promoted instance
  std::vector<std::string> members;

  // The name by which constraints know it.
  std::string name() const { return kind == Kind::kPrimitive || kind == Kind::kGroup ? id : id + "-clone"; }
};

class Generator {
 public:
  explicit Generator(const ClusterShape& shape) : shape_(shape), random_(shape.seed, "cluster") {}

  std::string run() {
    name_resources();
    relate();
    place();
    add("<cib admin_epoch=\"0\" epoch=\"1\" num_updates=\"1\" have-quorum=\"true\" dc-uuid=\"1\" "
        "crm_feature_set=\"{}\" validate-with=\"pacemaker-3.7\" execution-date=\"{}\">\n<configuration>\n",
        kFeatureSet, kNow + 86400);
    write_options();
    write_resources();
    add("<constraints>\n{}</constraints>\n", constraints_);
    add("<rsc_defaults><meta_attributes id=\"defaults\"><nvpair id=\"defaults-stickiness\" "
        "name=\"resource-stickiness\" value=\"1000\"/></meta_attributes></rsc_defaults>\n</configuration>\n<status>\n");
    for (int node = 0; node < shape_.nodes; ++node) write_node_state(node);
    add("</status>\n</cib>\n");
    return std::move(out_);
  }

 private:
  template <class... Arguments>
  void add(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Arguments>(arguments)...);
  }
  template <class... Arguments>
  void constrain(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(constraints_), format, std::forward<Arguments>(arguments)...);
  }
  int below(std::size_t bound) { return static_cast<int>(random_.below(bound)); }

  // --- configuration ---
  void name_resources() {
    for (int i = 0; i < shape_.primitives; ++i)
      placed_.push_back({fmt::format("rsc{:05}", i), Kind::kPrimitive, 0, {}});
    for (int i = 0; i < shape_.groups; ++i) {
      Item& group = placed_.emplace_back(Item{fmt::format("grp{:04}", i), Kind::kGroup, 0, {}});
      for (int k = 0; k < shape_.group_size; ++k) group.members.push_back(fmt::format("{}-m{}", group.id, k));
    }
    for (int i = 0; i < shape_.clones; ++i) cloned_.push_back({fmt::format("cln{:04}", i), Kind::kClone, 0, {}});
    for (int i = 0; i < shape_.promotables; ++i) {
      cloned_.push_back({fmt::format("prm{:04}", i), Kind::kPromotable, i % shape_.nodes, {}});
    }
  }

  // Two resources, the second at most `span` places before the first; each pair comes once.
  bool draw_pair(std::set<std::pair<int, int>>& seen, int& dependent, int& primary) {
    if (placed_.size() < 2) return false;
    dependent = 1 + below(placed_.size() - 1);
    primary = dependent - 1 - below(static_cast<std::size_t>(std::min(dependent, shape_.span)));
    return seen.emplace(dependent, primary).second;
  }
  int number_of(double density) const { return static_cast<int>(density * static_cast<double>(placed_.size())); }
  bool draw_mandatory() { return below(100) < shape_.mandatory_percent; }

  void relate() {
    static constexpr std::array kScores{-50, -20, -10, 10, 20, 50};
    std::set<std::pair<int, int>> colocated;
    int a = 0;
    int b = 0;
    for (int i = number_of(shape_.colocations); i-- > 0;) {
      if (!draw_pair(colocated, a, b)) continue;
      const bool mandatory = draw_mandatory() && leaders_.emplace(a, b).second;
      const std::string score = mandatory ? "INFINITY" : std::to_string(kScores[random_.below(kScores.size())]);
      constrain("<rsc_colocation id=\"col{}\" rsc=\"{}\" with-rsc=\"{}\" score=\"{}\"/>\n", i, placed_[index(a)].id,
                placed_[index(b)].id, score);
    }
    for (int i = 0; i < shape_.loops && draw_pair(colocated, a, b); ++i) {
      constrain("<rsc_colocation id=\"loop{}\" rsc=\"{}\" with-rsc=\"{}\" score=\"{}\"/>\n", i, placed_[index(b)].id,
                placed_[index(a)].id, kScores[random_.below(kScores.size())]);
    }
    std::set<std::pair<int, int>> ordered;
    for (int i = number_of(shape_.orderings); i-- > 0;) {
      if (!draw_pair(ordered, a, b)) continue;
      constrain("<rsc_order id=\"ord{}\" first=\"{}\" then=\"{}\" kind=\"{}\"/>\n", i, placed_[index(b)].id,
                placed_[index(a)].id, draw_mandatory() ? "Mandatory" : "Optional");
    }
    relate_to_clones();
    relate_to_nodes();
  }
  static std::size_t index(int number) { return static_cast<std::size_t>(number); }

  void relate_to_clones() {
    if (cloned_.empty()) return;
    for (int i = number_of(shape_.clone_dependents); i-- > 0;) {
      const Item& dependent = placed_[random_.below(placed_.size())];
      const Item& clone = cloned_[random_.below(cloned_.size())];
      if (clone.kind == Kind::kClone) {
        constrain("<rsc_colocation id=\"ccol{}\" rsc=\"{}\" with-rsc=\"{}\" score=\"INFINITY\"/>\n", i, dependent.id,
                  clone.name());
      }
      constrain("<rsc_order id=\"cord{}\" first=\"{}\" then=\"{}\" kind=\"Mandatory\"/>\n", i, clone.name(),
                dependent.id);
    }
  }

  void relate_to_nodes() {
    for (int i = number_of(shape_.locations); i-- > 0;) {
      const std::string& id = placed_[random_.below(placed_.size())].id;
      const int node = below(static_cast<std::size_t>(shape_.nodes));
      if (i % 2 == 0) {
        constrain("<rsc_location id=\"loc{}\" rsc=\"{}\" node=\"{}\" score=\"10\"/>\n", i, id, node_name(node));
      } else {
        constrain(
            "<rsc_location id=\"loc{0}\" rsc=\"{1}\"><rule id=\"loc{0}-r\" score=\"5\"><expression "
            "id=\"loc{0}-e\" attribute=\"rack\" operation=\"eq\" value=\"{2}\"/></rule></rsc_location>\n",
            i, id, node % 4);
      }
    }
    for (int i = number_of(shape_.tickets); i-- > 0;) {
      constrain("<rsc_ticket id=\"tkt{}\" rsc=\"{}\" ticket=\"ticket{}\" loss-policy=\"stop\"/>\n", i,
                placed_[random_.below(placed_.size())].id, i % 10);
    }
  }

  // A mandatory colocation puts a resource where its leader is, which stands before it in the list.
  void place() {
    for (int i = 0; i < static_cast<int>(placed_.size()); ++i) {
      const auto leader = leaders_.find(i);
      placed_[index(i)].node = leader == leaders_.end() ? i % shape_.nodes : placed_[index(leader->second)].node;
    }
  }

  std::string node_name(int node) const { return fmt::format("node{:03}", node); }

  void write_options() {
    add("<crm_config><cluster_property_set id=\"options\"><nvpair id=\"options-fencing\" name=\"stonith-enabled\" "
        "value=\"true\"/></cluster_property_set></crm_config>\n<nodes>\n");
    for (int node = 0; node < shape_.nodes; ++node) {
      add("<node id=\"{0}\" uname=\"{1}\"><instance_attributes id=\"node{0}-a\"><nvpair id=\"node{0}-rack\" "
          "name=\"rack\" value=\"{2}\"/></instance_attributes></node>\n",
          node + 1, node_name(node), node % 4);
    }
    add("</nodes>\n");
  }

  void write_primitive(const std::string& id, bool promotable) {
    add("<primitive id=\"{0}\" class=\"ocf\" provider=\"pacemaker\" type=\"{1}\"><instance_attributes id=\"{0}-a\">"
        "<nvpair id=\"{0}-a-state\" name=\"state\" value=\"/run/{0}\"/></instance_attributes><operations>"
        "<op id=\"{0}-monitor\" name=\"monitor\" interval=\"10s\" timeout=\"20s\"/>",
        id, promotable ? "Stateful" : "Dummy");
    if (promotable) {
      add("<op id=\"{}-promoted\" name=\"monitor\" interval=\"9s\" timeout=\"20s\" role=\"Promoted\"/>", id);
    }
    add("<op id=\"{0}-start\" name=\"start\" interval=\"0\" timeout=\"20s\"/></operations></primitive>\n", id);
  }

  void write_resources() {
    add("<resources>\n<primitive id=\"Fencing\" class=\"stonith\" type=\"fence_dummy\"/>\n");
    for (const Item& item : placed_) {
      if (item.kind == Kind::kPrimitive) {
        write_primitive(item.id, false);
        continue;
      }
      add("<group id=\"{}\">\n", item.id);
      for (const std::string& member : item.members) write_primitive(member, false);
      add("</group>\n");
    }
    for (const Item& item : cloned_) {
      add("<clone id=\"{0}-clone\"><meta_attributes id=\"{0}-m\"><nvpair id=\"{0}-m-i\" name=\"interleave\" "
          "value=\"true\"/>",
          item.id);
      if (item.kind == Kind::kPromotable) {
        add("<nvpair id=\"{0}-m-p\" name=\"promotable\" value=\"true\"/><nvpair id=\"{0}-m-n\" name=\"notify\" "
            "value=\"true\"/>",
            item.id);
      }
      add("</meta_attributes>\n");
      write_primitive(item.id, item.kind == Kind::kPromotable);
      add("</clone>\n");
    }
    for (int i = 0; i < shape_.bundles; ++i) {
      add("<bundle id=\"bun{0:04}\"><docker image=\"service:latest\" replicas=\"{1}\"/><network control-port=\"{2}\"/>"
          "<primitive id=\"bun{0:04}-p\" class=\"ocf\" provider=\"pacemaker\" type=\"Dummy\"/></bundle>\n",
          i, std::min(3, shape_.nodes), 3121 + i);
    }
    add("</resources>\n");
  }

  // --- status ---
  void write_operation(std::string_view id, std::string_view task, int interval, int rc, std::string_view state) {
    const std::string key = fmt::format("{}_{}_{}", id, task, interval);
    std::vector<cib::Parameter> parameters;
    if (!state.empty()) parameters.emplace_back("state", state);
    if (interval > 0) parameters.emplace_back("CRM_meta_timeout", "20000");
    ++call_;
    add("<lrm_rsc_op id=\"{0}\" operation_key=\"{1}\" operation=\"{2}\" crm_feature_set=\"{3}\" "
        "transition-key=\"{4}:0:{5}:01234567-89ab-cdef-0123-456789abcdef\" "
        "transition-magic=\"0:{5};{4}:0:{5}:01234567-89ab-cdef-0123-456789abcdef\" call-id=\"{4}\" rc-code=\"{5}\" "
        "op-status=\"0\" interval=\"{6}\" last-rc-change=\"{7}\" exec-time=\"10\" queue-time=\"0\" "
        "op-digest=\"{8}\"/>\n",
        interval > 0 ? key : fmt::format("{}_last_0", id), key, task, kFeatureSet, call_, rc, interval,
        kNow + call_ % 60, cib::parameters_digest(parameters));
  }

  enum class Found : std::uint8_t { kStopped, kStarted, kPromoted };

  void write_history(const std::string& id, std::string_view type, Found found) {
    const bool fencing = type == "fence_dummy";
    const std::string state = fencing ? std::string() : "/run/" + id;
    add("<lrm_resource id=\"{}\" {} type=\"{}\">", id,
        fencing ? "class=\"stonith\"" : "class=\"ocf\" provider=\"pacemaker\"", type);
    switch (found) {
      case Found::kStopped:
        write_operation(id, "monitor", 0, 7, state);
        break;
      case Found::kStarted:
        write_operation(id, "start", 0, 0, state);
        if (!fencing) write_operation(id, "monitor", 10000, 0, state);
        break;
      case Found::kPromoted:
        write_operation(id, "promote", 0, 0, state);
        write_operation(id, "monitor", 9000, 8, state);
        break;
    }
    add("</lrm_resource>\n");
  }

  void write_node_state(int node) {
    const bool lost = shape_.state == ClusterState::kFailed && node == shape_.nodes - 1;
    add("<node_state id=\"{}\" uname=\"{}\" in_ccm=\"{}\" crmd=\"{}\" join=\"{}\" expected=\"member\">\n", node + 1,
        node_name(node), !lost, lost ? "offline" : "online", lost ? "down" : "member");
    add("<lrm id=\"{}\"><lrm_resources>\n", node + 1);
    if (shape_.state != ClusterState::kFresh) write_histories(node);
    add("</lrm_resources></lrm>\n");
    if (shape_.promotables > 0 && !lost) write_promotion_scores(node);
    add("</node_state>\n");
  }

  void write_histories(int node) {
    write_history("Fencing", "fence_dummy", node == 0 ? Found::kStarted : Found::kStopped);
    int number = 0;
    for (const Item& item : placed_) {
      const bool runs = shape_.state != ClusterState::kHalf || number % 2 == 0;
      ++number;
      const Found found = runs && item.node == node ? Found::kStarted : Found::kStopped;
      if (item.kind == Kind::kPrimitive) write_history(item.id, "Dummy", found);
      for (const std::string& member : item.members) write_history(member, "Dummy", found);
    }
    for (const Item& item : cloned_) {
      const bool promoted = item.kind == Kind::kPromotable && item.node == node;
      write_history(item.id, item.kind == Kind::kPromotable ? "Stateful" : "Dummy",
                    promoted ? Found::kPromoted : Found::kStarted);
    }
  }

  void write_promotion_scores(int node) {
    add("<transient_attributes id=\"{0}\"><instance_attributes id=\"status-{0}\">\n", node + 1);
    for (const Item& item : cloned_) {
      if (item.kind != Kind::kPromotable) continue;
      add("<nvpair id=\"status-{0}-{1}\" name=\"master-{1}\" value=\"{2}\"/>\n", node + 1, item.id,
          item.node == node ? 10 : 5);
    }
    add("</instance_attributes></transient_attributes>\n");
  }

  const ClusterShape& shape_;
  Random random_;
  std::vector<Item> placed_;    // primitives and groups
  std::vector<Item> cloned_;    // clones and promotables
  std::map<int, int> leaders_;  // whom a mandatory colocation follows, by number in placed_
  std::string constraints_;
  std::string out_;
  int call_ = 0;
};

}  // namespace

std::string generate_cluster(const ClusterShape& shape) { return Generator(shape).run(); }

}  // namespace simcluster::bench
