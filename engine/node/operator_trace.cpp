// crm resource trace and untrace, as crmsh 4.4 does it (black-box runs): an agent's operation writes what it does into
// a file when its parameter trace_ra is set.
#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "engine/cib/nvpairs.h"
#include "engine/cib/values.h"
#include "engine/node/operator_shell.h"
#include "engine/node/operator_words.h"

namespace simcluster::node {

namespace {

constexpr std::string_view kTrace = "trace_ra";
constexpr std::string_view kDirectory = "trace_dir";

// What is to be traced: one operation, or all.
struct Wanted {
  std::string operation;  // empty: all
  std::string interval;   // empty: any
  bool all() const { return operation.empty(); }
};

std::optional<std::uint32_t> interval_of(std::string_view text) { return text.empty() ? 0 : cib::parse_interval(text); }

bool fits(const cib::Element& op, const Wanted& wanted) {
  if (wanted.all()) return true;
  if (op.value("name") != wanted.operation) return false;
  return wanted.interval.empty() || interval_of(op.value("interval")) == interval_of(wanted.interval);
}

void set_pair(cib::MutableElement op, std::string_view name, std::string_view value) {
  cib::MutableElement set = op.ensure_child(kParameterSet);
  const std::string set_id = set.id().empty() ? fmt::format("{}-{}", op.id(), kParameterSet) : std::string(set.id());
  set.set_attribute("id", set_id);
  for (cib::MutableElement pair : set.children("nvpair"))
    if (pair.value("name") == name) {
      pair.set_attribute("value", value);
      return;
    }
  set.append_child("nvpair")
      .set_attribute("name", name)
      .set_attribute("value", value)
      .set_attribute("id", fmt::format("{}-{}", set_id, name));
}

cib::MutableElement add_operation(cib::MutableElement operations, std::string_view resource, std::string_view name) {
  cib::MutableElement op = operations.append_child("op");
  op.set_attribute("name", name)
      .set_attribute("interval", "0")
      .set_attribute("id", fmt::format("{}-{}-0", resource, name));
  return op;
}

// False when there is no such operation and none can be made.
bool set_trace(cib::MutableElement resource, const Wanted& wanted, std::string_view directory) {
  const std::string id(resource.id());
  std::vector<cib::MutableElement> traced, found;
  cib::MutableElement operations = resource.ensure_child("operations");
  for (cib::MutableElement op : operations.children("op"))
    if (fits(op, wanted)) found.push_back(op);
  std::vector<std::string_view> missing;
  if (wanted.all()) {
    for (const std::string_view name : {"start", "stop"})
      if (std::none_of(found.begin(), found.end(), [&](const auto& op) { return op.value("name") == name; }))
        missing.push_back(name);
  } else if (found.empty()) {
    if (interval_of(wanted.interval) != 0) return false;
    missing.push_back(wanted.operation);
  }
  for (const std::string_view name : missing) traced.push_back(add_operation(operations, id, name));
  // What was there and is not traced yet goes behind the new ones.
  for (cib::MutableElement op : found) {
    if (find_pair(op, kParameterSet, kTrace)) continue;
    op.move(operations, {});
    traced.push_back(op);
  }
  for (const cib::MutableElement op : traced) {
    set_pair(op, kTrace, "1");
    if (!directory.empty()) set_pair(op, kDirectory, directory);
  }
  return true;
}

// What trace has made goes again.
void remove_trace(cib::MutableElement resource, const Wanted& wanted) {
  std::vector<cib::MutableElement> found;
  cib::MutableElement operations = resource.first_child("operations");
  if (!operations) return;
  for (cib::MutableElement op : operations.children("op"))
    if (fits(op, wanted) && find_pair(op, kParameterSet, kTrace)) found.push_back(op);
  for (cib::MutableElement op : found) {
    std::vector<cib::MutableElement> gone;
    for (cib::MutableElement set : op.children(kParameterSet)) {
      std::vector<cib::MutableElement> pairs;
      for (cib::MutableElement pair : set.children("nvpair"))
        if (pair.value("name") == kTrace || pair.value("name") == kDirectory) pairs.push_back(pair);
      for (cib::MutableElement pair : pairs) pair.remove();
      if (!set.first_child()) gone.push_back(set);
    }
    for (cib::MutableElement set : gone) set.remove();
    bool bare = !op.first_child();  // nothing but name, interval and id
    for (const cib::Attribute& attribute : op.attributes())
      bare = bare && (attribute.name == "name" || attribute.name == "interval" || attribute.name == "id");
    if (bare && op.value("interval") == "0") op.remove();
  }
  if (!operations.first_child()) operations.remove();
}

}  // namespace

// crm resource trace RESOURCE [OPERATION [INTERVAL [DIRECTORY]]], untrace RESOURCE [OPERATION [INTERVAL]].
Result<std::string> OperatorShell::trace_command(const Words& words) {
  const bool begins = words[1] == "trace";
  const std::string_view resource = words[2];
  const cib::Element element = *find_resource(resource);
  if (!element.is("primitive")) return fail(fmt::format("element {} is not a primitive resource", resource));
  Wanted wanted;
  if (words.size() > 3) wanted.operation = words[3];
  if (words.size() > 4) wanted.interval = words[4];
  if (wanted.operation == "probe") wanted = {"monitor", "0"};
  const std::string_view directory = words.size() > 5 ? words[5] : std::string_view();
  bool found = true;
  const auto done = edit([&](cib::Document& cib) -> Result<void> {
    cib::MutableElement changed = cib.edit(std::as_const(cib).find_unique_id(element.name_id(), resource));
    if (begins)
      found = set_trace(changed, wanted, directory);
    else
      remove_trace(changed, wanted);
    if (found) return {};
    return fail(
        fmt::format("Operation {} with interval {} not found in {}", wanted.operation, wanted.interval, resource));
  });
  if (!done) return tl::unexpected(done.error());
  if (!begins)
    return fmt::format("INFO: Stop tracing {}{}\n", resource,
                       wanted.all() ? "" : fmt::format(" for operation {}", wanted.operation));
  const bool monitor = wanted.all() || wanted.operation == "monitor";
  return fmt::format("INFO: Trace for {}{} is written to {}/{}\nINFO: Trace set, restart {} to trace {}\n", resource,
                     wanted.all() ? "" : ":" + wanted.operation,
                     directory.empty() ? std::string_view("/var/lib/heartbeat/trace_ra") : directory,
                     element.value("type"), resource,
                     monitor ? "non-monitor operations" : fmt::format("the {} operation", wanted.operation));
}

}  // namespace simcluster::node
