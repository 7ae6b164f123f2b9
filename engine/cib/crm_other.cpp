// Bundles, access control, alerts and literal XML of the crm shell (AT-7.2, AT-7.4).
#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "engine/cib/crm_builder.h"

namespace simcluster::cib {

namespace {

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

constexpr std::array<std::string_view, 3> kRuntimes = {"docker", "podman", "rkt"};
constexpr std::array<std::string_view, 3> kPermissions = {"read", "write", "deny"};

void pairs_into(CrmCursor& in, MutableElement element) {
  while (!in.done() && in.peek().is_pair()) {
    const CrmWord& word = in.take("name=value");
    element.set_attribute(word.key() == "$id" ? "id" : word.key(), word.value());
  }
}

}  // namespace

// bundle <id> <docker|podman|rkt> attrs [network attrs [port-mapping attrs]...] [storage [storage-mapping attrs]...]
// [primitive <rsc>] [meta ...]
void CrmBuilder::bundle(CrmCursor& in) {
  const CrmWord& id = in.take("an id");
  MutableElement element = new_object(in, id, "resources", "bundle");
  if (in.next_is_pair("description")) element.set_attribute("description", in.take("description=").value());
  const CrmWord& runtime = in.take("docker, podman or rkt");
  if (!contains(kRuntimes, runtime.text)) in.fail_at(runtime, "expected docker, podman or rkt");
  pairs_into(in, element.append_child(runtime.text));
  // The numbers of network and storage go on.
  int number = 0;
  const auto mappings = [&](MutableElement owner, std::string_view name) {
    while (in.accept(name)) {
      MutableElement mapping = owner.append_child(name);
      pairs_into(in, mapping);
      if (!mapping.has(names::kId)) mapping.set_attribute("id", free_id(fmt::format("{}-{}", id.text, number++)));
    }
  };
  while (!in.done()) {
    if (in.accept("network")) {
      MutableElement network = element.append_child("network");
      pairs_into(in, network);
      mappings(network, "port-mapping");
    } else if (in.accept("storage")) {
      mappings(element.append_child("storage"), "storage-mapping");
    } else if (in.accept("primitive")) {
      take_member(in, in.take("a primitive")).move(element, Element());
    } else if (in.accept("meta")) {
      read_attributes(in, element, "meta_attributes", fmt::format("{}-meta_attributes", id.text));
    } else {
      in.fail_here("expected network, storage, primitive or meta");
    }
  }
}

namespace {

// The XPath of a shortcut such as meta:<rsc>:<attribute>; empty when it is none (AT-7.4).
std::string acl_path(std::string_view text) {
  std::array<std::string_view, 3> part{};
  std::size_t parts = 0;
  while (true) {
    const std::size_t colon = parts < 2 ? text.find(':') : std::string_view::npos;
    part[parts++] = text.substr(0, colon);
    if (colon == std::string_view::npos) break;
    text.remove_prefix(colon + 1);
  }
  const auto of_primitive = [&](std::string_view set) {
    std::string path = fmt::format("//primitive[@id='{}']/{}", part[1], set);
    return parts < 3 ? path : path + fmt::format("/nvpair[@name='{}']", part[2]);
  };
  if (parts > 1 && part[0] == "meta") return of_primitive("meta_attributes");
  if (parts > 1 && part[0] == "params") return of_primitive("instance_attributes");
  if (parts > 1 && part[0] == "utilization") return of_primitive("utilization");
  if (parts == 2 && part[0] == "location")
    return fmt::format("//rsc_location[@id='cli-prefer-{0}' and @rsc='{0}']", part[1]);
  if (parts == 2 && part[0] == "property")
    return fmt::format("//crm_config/cluster_property_set/nvpair[@name='{}']", part[1]);
  if (parts == 1 && part[0] == "status") return "/cib/status";
  if (parts == 1 && part[0] == "cib") return "/cib";
  if (parts == 1 && part[0] == "node") return "//nodes/node";
  if (parts == 1 && part[0] == "nodeattr") return "//nodes/node/instance_attributes";
  if (parts == 1 && part[0] == "nodeutil") return "//nodes/node/utilization";
  return {};
}

}  // namespace

// role <id> {read|write|deny} {xpath:<x> | ref:<id> | tag:<t> | type:<t> | shortcut} [attribute:<a>] ...
void CrmBuilder::acl_role(CrmCursor& in) {
  const CrmWord& id = in.take("an id");
  MutableElement role = new_object(in, id, "acls", "acl_role");
  if (in.next_is_pair("description")) role.set_attribute("description", in.take("description=").value());
  int number = 0;
  Element old = before(role).first_child("acl_permission");
  do {
    const CrmWord& kind = in.take("read, write or deny");
    if (!contains(kPermissions, kind.text)) in.fail_at(kind, "expected read, write or deny");
    MutableElement permission = role.append_child("acl_permission");
    permission.set_attribute("kind", kind.text);
    do {
      const CrmWord& word = in.take("xpath:, ref:, tag:, type: or a shortcut such as meta:<rsc>:<name>");
      const std::size_t colon = std::min(word.text.find(':'), word.text.size());
      const std::string_view head = std::string_view(word.text).substr(0, colon);
      const std::string_view rest = std::string_view(word.text).substr(std::min(colon + 1, word.text.size()));
      if (head == "xpath") {
        permission.set_attribute("xpath", rest);
      } else if (head == "ref") {
        permission.set_attribute("reference", rest);
      } else if (head == "tag" || head == "type") {
        permission.set_attribute("object-type", rest);
      } else if (head == "attribute") {
        if (!permission.has("object-type")) in.fail_at(word, "an attribute is expected behind tag: or type: only");
        permission.set_attribute("attribute", rest);
      } else if (const std::string path = acl_path(word.text); !path.empty()) {
        permission.set_attribute("xpath", path);
      } else {
        in.fail_at(word, "expected xpath:, ref:, tag:, type:, attribute: or a shortcut such as meta:<rsc>:<name>");
      }
    } while (!in.done() && !contains(kPermissions, in.peek().text));
    // Permissions are met by their place.
    permission.set_attribute("id", old ? std::string(old.id()) : fmt::format("{}-{}", id.text, number));
    if (old) old = old.next_sibling(old.name_id());
    ++number;
  } while (!in.done());
}

// acl_target|acl_group <id> <role> ...
void CrmBuilder::acl_subject(CrmCursor& in, std::string_view element_name) {
  const CrmWord& id = in.take("the name of a user or group");
  MutableElement element = new_object(in, id, "acls", element_name);
  do {
    const CrmWord& role = in.take("a role");
    const Element found = find_object(role.text);
    if (!found || !found.is("acl_role")) in.fail_at(role, fmt::format("there is no role \"{}\"", role.text));
    element.append_child("role").set_attribute("id", role.text);
  } while (!in.done());
}

// In their order: nodes, fencing, resources, attributes [{ <name> ... }].
void CrmBuilder::read_select(CrmCursor& in, MutableElement alert) {
  MutableElement select = alert.append_child("select");
  constexpr std::array<std::string_view, 4> kKinds = {"nodes", "fencing", "resources", "attributes"};
  while (!in.done() && contains(kKinds, in.peek().text)) {
    MutableElement kind = select.append_child(fmt::format("select_{}", in.take("nodes").text));
    if (!kind.is("select_attributes") || !in.accept("{")) continue;
    for (int number = 0; !in.accept("}"); ++number)
      kind.append_child("attribute")
          .set_attribute("name", in.take("the name of an attribute, or }").text)
          .set_attribute("id", free_id(fmt::format("{}-{}", alert.id(), number)));
  }
  if (!select.first_child()) in.fail_here("expected nodes, fencing, resources or attributes");
}

// alert <id> <path> [attributes ...] [meta ...] [select ...] [to] [{] <recipient> [attributes..] [meta..] [}]
void CrmBuilder::alert(CrmCursor& in) {
  const CrmWord& id = in.take("an id");
  MutableElement element = new_object(in, id, "alerts", "alert");
  element.set_attribute("path", in.take("the path of a program").text);
  MutableElement owner = element;
  int recipients = 0;
  bool open = false;
  while (!in.done()) {
    if (in.accept("attributes")) {
      read_attributes(in, owner, "instance_attributes", fmt::format("{}-instance_attributes", owner.id()));
    } else if (in.accept("meta")) {
      read_attributes(in, owner, "meta_attributes", fmt::format("{}-meta_attributes", owner.id()));
    } else if (owner == element && in.accept("select")) {
      read_select(in, element);
    } else if (in.next_is_pair("description")) {
      owner.set_attribute("description", in.take("description=").value());
    } else if (open && in.accept("}")) {
      open = false;
      owner = element;
    } else {
      if (!in.accept("to")) in.fail_here("expected \"to\"");
      open = in.accept("{");
      const std::string value = in.take("a recipient").text;
      owner = append_with_id(element, "recipient", fmt::format("{}-recipient-{}", id.text, ++recipients));
      owner.set_attribute("value", value);
    }
  }
  if (open) in.fail_here("expected \"}\"");
}

namespace {

// The section in which an element of that name stands; empty for what is no object of the configuration.
std::string_view section_of(std::string_view element) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 18> kSections = {{
      {"node", "nodes"},
      {"primitive", "resources"},
      {"template", "resources"},
      {"group", "resources"},
      {"clone", "resources"},
      {"master", "resources"},
      {"bundle", "resources"},
      {"rsc_location", "constraints"},
      {"rsc_colocation", "constraints"},
      {"rsc_order", "constraints"},
      {"rsc_ticket", "constraints"},
      {"cluster_property_set", "crm_config"},
      {"tag", "tags"},
      {"fencing-level", "fencing-topology"},
      {"acl_role", "acls"},
      {"acl_target", "acls"},
      {"acl_group", "acls"},
      {"alert", "alerts"},
  }};
  for (const auto& [name, section] : kSections)
    if (name == element) return section;
  return {};
}

}  // namespace

// xml <...>: goes where elements of that name stand, in the place of an object of that id.
void CrmBuilder::xml(CrmCursor& in) {
  const CrmWord& word = in.take("an XML element");
  const std::size_t begin = in.raw().find('<');
  if (begin == std::string_view::npos) in.fail_at(word, "expected an XML element");
  const auto parsed = parse_document(in.raw().substr(begin), file_);
  if (!parsed) in.fail_at(word, parsed.error().message);
  in.skip_rest();
  const Element source = parsed->root();
  if (source.is("rsc_defaults") || source.is("op_defaults")) {
    for (const Element set : source.children()) section(source.name()).append_copy(set);
    return;
  }
  if (source.is("fencing-topology")) {
    MutableElement old = section("fencing-topology");
    cib_.root().first_child("configuration").insert_copy(source, old);
    old.remove();
    return;
  }
  const std::string_view section_name = section_of(source.name());
  if (section_name.empty()) {
    in.fail_at(word, fmt::format("<{}> is no object of the configuration (expected a primitive, rsc_location, ...)",
                                 source.name()));
  }
  if (source.id().empty()) in.fail_at(word, fmt::format("<{}> needs an id", source.name()));
  defined_.emplace_back(source.id(), word.line);
  const Element old = find_object(source.id());
  for (const Element member : source.children())
    if (member.is("primitive") || member.is("group"))
      if (const Element outside = find_object(member.id()); outside && outside.parent().is("resources"))
        cib_.edit(outside).remove();
  MutableElement owner = old ? cib_.edit(old.parent()) : section(section_name);
  if (!old && section_name == "resources") made_.emplace_back(position_, source.id());
  owner.insert_copy(source, old);
  if (old) cib_.edit(old).remove();
}

}  // namespace simcluster::cib
