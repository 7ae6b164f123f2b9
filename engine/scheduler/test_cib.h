// Small CIBs for this room's tests: a text per section instead of a whole document.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "engine/cib/document.h"
#include "engine/scheduler/scheduler.h"

namespace simcluster::scheduler::testing {

struct TestCib {
  std::string attributes = R"(have-quorum="1")";
  std::string options = {};  // nvpairs as "name=value name=value"
  std::string nodes = "n1 n2";
  std::string resources = {};    // XML
  std::string constraints = {};  // XML
  std::string defaults = {};     // XML: rsc_defaults, op_defaults, tags
  std::string states = {};       // XML below `status`

  std::string text() const {
    std::string xml = R"(<cib validate-with="pacemaker-3.9" admin_epoch="0" epoch="1" num_updates="0" )" + attributes +
                      R"(><configuration><crm_config><cluster_property_set id="cib-bootstrap-options">)";
    for_each_word(options, [&](std::string_view word) {
      const std::size_t equals = word.find('=');
      xml += pair("o", word.substr(0, equals), word.substr(equals + 1));
    });
    xml += "</cluster_property_set></crm_config><nodes>";
    for_each_word(nodes, [&](std::string_view name) {
      xml += R"(<node id=")" + std::string(name) + R"(" uname=")" + std::string(name) + R"("/>)";
    });
    xml += "</nodes><resources>" + resources + "</resources><constraints>" + constraints + "</constraints>" + defaults +
           "</configuration><status>" + states + "</status></cib>";
    return xml;
  }
  cib::Document document() const {
    auto parsed = cib::parse_document(text(), "test");
    if (!parsed) throw std::runtime_error(parsed.error().text());
    return std::move(*parsed);
  }

  static std::string pair(std::string_view prefix, std::string_view name, std::string_view value) {
    const std::string n(name);
    return R"(<nvpair id=")" + std::string(prefix) + "-" + n + R"(" name=")" + n + R"(" value=")" + std::string(value) +
           R"("/>)";
  }
  // A Dummy primitive; `inside` is XML.
  static std::string dummy(const std::string& id, const std::string& inside = {}) {
    return R"(<primitive id=")" + id + R"(" class="ocf" provider="pacemaker" type="Dummy">)" + inside + "</primitive>";
  }
  // meta="name=value ..." as a block.
  static std::string meta(const std::string& id, const std::string& words) {
    std::string xml = R"(<meta_attributes id=")" + id + R"(-m">)";
    for_each_word(words, [&](std::string_view word) {
      const std::size_t equals = word.find('=');
      xml += pair(id + "-m", word.substr(0, equals), word.substr(equals + 1));
    });
    return xml + "</meta_attributes>";
  }
  // A node that is online with `history` (lrm_resource elements) and `transient` attributes ("name=value ...").
  static std::string online(const std::string& name, const std::string& history = {},
                            const std::string& transient = {}) {
    return state(name, R"(in_ccm="true" crmd="online" join="member" expected="member")", history, transient);
  }
  static std::string state(const std::string& name, const std::string& attributes, const std::string& history = {},
                           const std::string& transient = {}) {
    std::string xml = R"(<node_state id=")" + name + R"(" uname=")" + name + R"(" )" + attributes + ">";
    xml += R"(<transient_attributes id=")" + name + R"("><instance_attributes id=")" + name + R"(-t">)";
    for_each_word(transient, [&](std::string_view word) {
      const std::size_t equals = word.find('=');
      xml += pair(name, word.substr(0, equals), word.substr(equals + 1));
    });
    return xml + R"(</instance_attributes></transient_attributes><lrm id=")" + name + R"("><lrm_resources>)" + history +
           "</lrm_resources></lrm></node_state>";
  }
  // History of a Dummy resource: entries "operation/interval:call=rc" ("op:3=7", "monitor/10000:4=0"). Expected is 7
  // for probes, else 0. "!": pending.
  static std::string history(const std::string& resource, const std::string& entries) {
    std::string xml = R"(<lrm_resource id=")" + resource + R"(" class="ocf" provider="pacemaker" type="Dummy">)";
    for_each_word(entries, [&](std::string_view word) { xml += entry(resource, std::string(word)); });
    return xml + "</lrm_resource>";
  }

 private:
  template <class Use>
  static void for_each_word(std::string_view text, Use use) {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find(' '), text.size());
      if (end > 0) use(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }
  static std::string entry(const std::string& resource, std::string word) {
    const std::size_t equals = word.find('=');
    const std::string rc = word.substr(equals + 1);
    word.resize(equals);
    const std::size_t colon = word.find(':');
    const std::string call = word.substr(colon + 1);
    word.resize(colon);
    const std::size_t slash = word.find('/');
    const std::string interval = slash == std::string::npos ? "0" : word.substr(slash + 1);
    const std::string operation = word.substr(0, slash);
    const bool pending = rc == "!";
    const std::string expected = operation == "monitor" && interval == "0" ? "7" : "0";
    const std::string key = call + ":1:" + expected + ":uuid";
    const std::string status = pending ? "-1" : "0";
    const std::string code = pending ? "193" : rc;
    return R"(<lrm_rsc_op id=")" + resource + "_" + operation + "_" + interval + "_" + call + R"(" operation_key=")" +
           resource + "_" + operation + "_" + interval + R"(" operation=")" + operation + R"(" interval=")" + interval +
           R"(" call-id=")" + (pending ? "-1" : call) + R"(" rc-code=")" + code + R"(" op-status=")" + status +
           R"(" transition-key=")" + key + R"(" transition-magic=")" + status + ":" + code + ";" + key +
           R"(" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>)";
  }
};

// A document and what unpack() makes of it.
struct Unpacked {
  cib::Document document;
  Schedule schedule;

  explicit Unpacked(const TestCib& cib, std::int64_t now = 1'000'000) : document(cib.document()) {
    Options options;
    options.now = now;
    schedule = unpack(document, options);
  }
  Model& model() { return *schedule.model; }
  Resource& resource(std::string_view id) { return model().resource(find_resource(model(), id)); }
  Node& node(std::string_view name) { return model().node(find_node(model(), name)); }
};

}  // namespace simcluster::scheduler::testing
