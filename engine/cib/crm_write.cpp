// The CIB as crm shell text (AT-7.5): `crm configure show` of current crmsh.
#include <algorithm>
#include <functional>
#include <vector>

#include "engine/cib/crm_shell.h"
#include "engine/cib/crm_writer.h"

namespace simcluster::cib {

namespace {

using namespace crm;

class Writer {
 public:
  Writer(const Document& cib, const CrmSelection& selected) : cib_(cib), selected_(selected) {}

  std::string run() {
    each("configuration/nodes", "node", node_text, true);
    resources("template", primitive_text);
    resources("primitive", primitive_text);
    resources("bundle", bundle_text);
    resources("group", container_text);
    resources("master", container_text);
    resources("clone", container_text);
    each("configuration/tags", "tag", tag_text, true);
    constraints();
    tickets(true);
    topology();
    tickets(false);
    sets("configuration/crm_config", "cluster_property_set", "property");
    sets("configuration/rsc_defaults", "meta_attributes", "rsc_defaults");
    sets("configuration/op_defaults", "meta_attributes", "op_defaults");
    each("configuration/acls", "acl_role", acl_role_text, true);
    each("configuration/acls", "acl_target", acl_subject_text, true);
    each("configuration/acls", "acl_group", acl_subject_text, true);
    each("configuration/alerts", "alert", alert_text, true);
    return std::move(out_);
  }

 private:
  using Text = std::function<std::string(Element)>;

  void add(Element element, const Text& text) {
    if (selected_ && !selected_(element)) return;
    if (!has_words(element)) return add(xml_text(element));
    for (const std::string_view comment : element.comments()) add(comment_text(comment));
    add(text(element));
  }
  void add(const std::string& text) {
    out_ += text;
    out_ += '\n';
  }

  void collect(Element parent, std::string_view name, std::vector<Element>& found) {
    for (const Element child : parent.children()) {
      if (child.is(name)) found.push_back(child);
      if (child.is("group") || child.is("clone") || child.is("master") || child.is("bundle"))
        collect(child, name, found);
    }
  }

  void write_sorted(std::vector<Element>& elements, const Text& text, bool sorted) {
    if (sorted)
      std::stable_sort(elements.begin(), elements.end(), [](Element a, Element b) { return a.id() < b.id(); });
    for (const Element element : elements) add(element, text);
  }

  // Resources of any depth, alphabetical.
  void resources(std::string_view name, const Text& text) {
    const Element top = cib_.find_path("configuration/resources");
    if (!top) return;
    std::vector<Element> found;
    collect(top, name, found);
    write_sorted(found, text, true);
  }

  // They stand around "fencing_topology", as the alphabet has them.
  void tickets(bool before) {
    std::vector<Element> found;
    for (const Element ticket : cib_.find_path("configuration/constraints").children("rsc_ticket"))
      if ((ticket.id() < "fencing_topology") == before) found.push_back(ticket);
    write_sorted(found, ticket_text, true);
  }

  void topology() {
    if (const Element topology = cib_.find_path("configuration/fencing-topology")) add(topology, topology_text);
  }

  // All kinds among each other.
  void constraints() {
    std::vector<Element> found;
    for (const Element child : cib_.find_path("configuration/constraints").children())
      if (!child.is("rsc_ticket")) found.push_back(child);
    write_sorted(found, constraint_text, true);
  }

  void each(std::string_view path, std::string_view name, const Text& text, bool sorted) {
    std::vector<Element> found;
    for (const Element child : cib_.find_path(path).children(name)) found.push_back(child);
    write_sorted(found, text, sorted);
  }

  void sets(std::string_view path, std::string_view name, std::string_view keyword) {
    std::vector<Element> found;
    for (const Element set : cib_.find_path(path).children(name)) found.push_back(set);
    std::stable_sort(found.begin(), found.end(), [](Element a, Element b) { return a.id() < b.id(); });
    for (const Element set : found) add(set, [keyword](Element element) { return property_text(keyword, element); });
  }

  const Document& cib_;
  const CrmSelection& selected_;
  std::string out_;
};

}  // namespace

std::string write_crm_shell(const Document& cib, const CrmSelection& selected) { return Writer(cib, selected).run(); }

}  // namespace simcluster::cib
