#include "engine/scheduler/unpacked_input.h"

#include "engine/scheduler/model.h"

namespace simcluster::scheduler {

namespace {

using namespace cib::names;

constexpr std::string_view kExpiredDigest = "calculated-failure-timeout";

void mark_entries(cib::Document& document, const Model& model) {
  for (const ResourceHistory& of_resource : model.resource_histories) {
    for (std::uint32_t i = 0; i < of_resource.count; ++i) {
      const HistoryEntry& entry = model.history[of_resource.first + i];
      if (entry.restart_digest_invalidated) document.edit(entry.xml).set_attribute(kOpRestartDigest, kExpiredDigest);
      if (entry.masked) document.edit(entry.xml).set_attribute(kUname, model.node(of_resource.node).name);
    }
  }
}

void mark_failures(cib::Document& document, const Model& model) {
  for (const FailedAction& failed : model.failed_actions) {
    cib::MutableElement entry = document.edit(model.history_entry(failed.entry).xml);
    entry.set_attribute(kUname, model.node(failed.node).name);
    entry.set_attribute("rsc-id", model.resource(failed.resource).id);
  }
}

void append_guest_connections(cib::Document& document, const Model& model) {
  const cib::Element connections = model.implicit.root().first_child("guest_connections");
  cib::MutableElement resources = document.find_path("configuration/resources");
  for (const cib::Element& primitive : connections.children()) resources.append_copy(primitive);
}

}  // namespace

void add_what_unpacking_adds(cib::Document& document, const Model& model) {
  mark_entries(document, model);
  mark_failures(document, model);
  append_guest_connections(document, model);
}

}  // namespace simcluster::scheduler
