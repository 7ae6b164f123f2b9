// Nodes and resources as crm shell text (AT-7.5).
#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "engine/cib/crm_writer.h"

namespace simcluster::cib::crm {

namespace {

std::string operation_text(Element op) {
  std::string text = fmt::format("{}op {}", kContinuation, op.value("name"));
  for (const Attribute& attribute : op.attributes())
    if (attribute.name != "id" && attribute.name != "name") text += " " + pair_text(attribute.name, attribute.value);
  for (const Element set : op.children()) text += set_line(set.is("meta_attributes") ? "op_meta" : "op_params", set);
  return text;
}

std::string type_text(Element element) {
  if (element.has("template")) return fmt::format("@{}", element.value("template"));
  const std::string_view standard = element.value("class");
  const std::string_view provider = element.value("provider");
  if (standard == "ocf" && provider == "heartbeat") return std::string(element.value("type"));
  if (provider.empty()) return fmt::format("{}:{}", standard, element.value("type"));
  return fmt::format("{}:{}:{}", standard, provider, element.value("type"));
}

std::string_view set_keyword(Element set) {
  if (set.is("instance_attributes")) return "params";
  if (set.is("meta_attributes")) return "meta";
  return set.is("utilization") ? "utilization" : "";
}

std::string description_text(Element element) {
  return element.has("description")
             ? fmt::format("{}{}", kContinuation, pair_text("description", element.value("description")))
             : std::string();
}

// Attribute sets and operations, in their order.
std::string parts_text(Element element) {
  std::string text = description_text(element);
  for (const Element part : element.children()) {
    if (const std::string_view keyword = set_keyword(part); !keyword.empty()) text += set_line(keyword, part);
    if (!part.is("operations")) continue;
    for (const std::string_view name : {"id", "id-ref"})
      if (part.has(name))
        text += fmt::format("{}operations {}${}={}", kContinuation, name == std::string_view("id-ref") ? " " : "", name,
                            quoted(part.value(name)));
    for (const Element op : part.children("op")) text += operation_text(op);
  }
  return text;
}

std::string named_values(Element element) {
  std::string text;
  for (const Attribute& attribute : element.attributes()) text += " " + pair_text(attribute.name, attribute.value);
  return text;
}

}  // namespace

std::string primitive_text(Element element) {
  return fmt::format("{} {} {}", element.is("template") ? "rsc_template" : "primitive", element.id(),
                     type_text(element)) +
         parts_text(element);
}

std::string container_text(Element element) {
  std::string text = fmt::format("{} {}", element.is("master") ? std::string_view("ms") : element.name(), element.id());
  for (const Element child : element.children())
    if (child.is("primitive") || child.is("group")) text += fmt::format(" {}", child.id());
  return text + parts_text(element);
}

std::string node_text(Element node) {
  std::string text = "node ";
  if (node.id().find(':') != std::string_view::npos)
    text += fmt::format("$id=\"{}\" ", node.id());
  else if (node.id() != node.value("uname"))
    text += fmt::format("{}: ", node.id());
  text += node.value("uname");
  if (node.has("type")) text += fmt::format(":{}", node.value("type"));
  text += description_text(node);
  for (const Element set : node.children()) text += set_line(set.is("utilization") ? "utilization" : "attributes", set);
  return text;
}

std::string bundle_text(Element element) {
  std::string text = fmt::format("bundle {}{}", element.id(), description_text(element));
  for (const Element child : element.children()) {
    if (child.is("meta_attributes")) text += set_line("meta", child);
    if (child.is("docker") || child.is("podman") || child.is("rkt"))
      text += fmt::format("{}{}{}", kContinuation, child.name(), named_values(child));
    if (child.is("network") || child.is("storage")) {
      text += fmt::format("{}{}{}", kContinuation, child.name(), named_values(child));
      for (const Element mapping : child.children())
        text += fmt::format(" {}{}", mapping.name(), named_values(mapping));
    }
  }
  // crmsh lets the resource stand last, wherever it is.
  if (const Element resource = element.first_child("primitive"))
    text += fmt::format("{}primitive {}", kContinuation, resource.id());
  return text;
}

}  // namespace simcluster::cib::crm
