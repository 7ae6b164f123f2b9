#include "engine/scheduler/failcount.h"

#include <algorithm>
#include <string>

#include <regex.h>

#include "engine/scheduler/log.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/status_index.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The part ".+_[0-9]+" of the pattern, to the end of the text.
bool is_operation_part(std::string_view text) {
  std::size_t end = text.size();
  while (end > 0 && is_digit(text[end - 1])) --end;
  return end != text.size() && end >= 2 && text[end - 1] == '_';
}

bool has_regex_characters(std::string_view name) {
  return name.find_first_of("\\^$|?*+()[]{}") != std::string_view::npos;
}

// S2 C-12.2 for names that hold more than dots: a real regular expression, as the reference uses for all.
bool matches_slowly(std::string_view text, std::string_view name, bool numbered) {
  const std::string pattern = "^" + std::string(name) + (numbered ? "(:[0-9]+)?" : "") + "#.+_[0-9]+$";
  regex_t regex;
  if (regcomp(&regex, pattern.c_str(), REG_EXTENDED | REG_NOSUB) != 0) return false;
  const bool matched = regexec(&regex, std::string(text).c_str(), 0, nullptr, 0) == 0;
  regfree(&regex);
  return matched;
}

// Whether `text` (an attribute's name after its prefix) belongs to the resource: with `old_names` the resource's name
// is all of it. A dot in the name matches any character (S0 GU-8.3).
bool matches(std::string_view text, std::string_view name, bool numbered, bool old_names) {
  if (has_regex_characters(name)) return old_names ? text == name : matches_slowly(text, name, numbered);
  if (text.size() < name.size()) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] != '.' && name[i] != text[i]) return false;
  }
  text.remove_prefix(name.size());
  if (numbered && text.size() > 1 && text[0] == ':' && is_digit(text[1])) {
    std::size_t end = 1;
    while (end < text.size() && is_digit(text[end])) ++end;
    text.remove_prefix(end);
  }
  if (old_names || text.empty()) return old_names && text.empty();
  return text.front() == '#' && is_operation_part(text.substr(1));
}

std::string_view fail_count_name(const Resource& resource) {
  const std::string_view name = resource.name_in_history();
  return resource.unique ? name : base_name(name);
}

// S2 C-12.4, one entry against one operation with on-fail=block.
bool blocks(const Operation& operation, std::string_view base, std::string_view entry_id, std::string_view entry_task,
            std::uint32_t entry_interval, bool unexpected) {
  if (!equal_ignoring_case(operation.name, entry_task) || operation.interval != entry_interval) return false;
  const std::string prefix(base);
  if (entry_id == prefix + "_last_failure_0") return true;
  return unexpected &&
         entry_id == prefix + "_" + std::string(operation.name) + "_" + std::to_string(operation.interval);
}

bool is_blocking_failure(Model& model, const Resource& resource, const Node& node, const HistoryEntry* entry) {
  const std::string_view base = fail_count_name(resource);
  for (std::uint32_t i = 0; i < resource.operation_count; ++i) {
    const Operation& operation = model.operations[resource.first_operation + i];
    if (!operation.blocks_on_failure) continue;
    if (entry != nullptr) {
      if (blocks(operation, base, entry->id, entry->operation, entry->interval, entry->rc != entry->expected)) {
        return true;
      }
      continue;
    }
    for (const cib::Element& element : status_index(model).resource_entries(node.name, base)) {
      const HistoryEntry other = read_history_entry(element);
      if (blocks(operation, base, other.id, other.operation, other.interval, other.rc != other.expected)) return true;
    }
  }
  return false;
}

}  // namespace

namespace {

void tell_failures(const Model& model, const Resource& resource, const Node& node, Score count, bool with_launched) {
  if (!logs(model, LogLevel::kInfo)) return;
  const std::string number = count >= kInfinity ? "INFINITY" : std::to_string(count);
  log(model, LogLevel::kInfo, "pe_get_failcount", "{}{} failed {} time{} on {}", with_launched ? "Container " : "",
      std::string(resource.id) + (with_launched ? " and the resources within it have" : " has"), number,
      count == 1 ? "" : "s", node.name);
}

}  // namespace

FailCount fail_count(Model& model, Resource& resource, const Node& node, const FailCountOptions& options) {
  FailCount result;
  const std::string_view name = fail_count_name(resource);
  for (const Node::FailAttribute& attribute : node.fail_attributes) {
    if (!matches(attribute.name, name, !resource.unique, model.old_fail_counts)) continue;
    if (attribute.is_count) {
      if (const auto score = parse_score(attribute.value, model.options.health)) {
        result.count = add_scores(result.count, *score);
      }
    } else if (std::int64_t when = 0; parse_leading_integer(attribute.value, when)) {
      result.last_failure = std::max(result.last_failure, when);
    }
  }
  if (result.count > 0 && resource.failure_timeout_ms > 0 &&
      is_blocking_failure(model, resource, node, options.entry)) {
    log(model, LogLevel::kWarning, "pe_get_failcount",
        "Ignoring failure timeout {} for {} because it conflicts with on-fail=block",
        whole_seconds(resource.failure_timeout_ms), resource.id);
    resource.failure_timeout_ms = 0;
  }
  if (options.effective && result.count > 0 && result.last_failure > 0 && resource.failure_timeout_ms > 0 &&
      model.now > result.last_failure + whole_seconds(resource.failure_timeout_ms)) {
    result.count = 0;
  }
  if (options.launched && !resource.in_bundle) {
    for (const ResourceId id : resource.launched) {
      const FailCount launched = fail_count(model, model.resource(id), node, options);
      result.count += launched.count;
      result.last_failure = std::max(result.last_failure, launched.last_failure);
    }
  }
  if (result.count > 0) {
    tell_failures(model, resource, node, result.count, options.launched && !resource.launched.empty());
  } else {
    result.last_failure = 0;
  }
  return result;
}

ActionId clear_fail_count(Model& model, ResourceId resource, NodeId node, std::string_view reason) {
  Action& action = request_action(model, resource, Task::kClearFailcount, node, false);
  action.meta.set("op_no_wait", "true");
  const std::string_view id = model.resource(resource).id;
  log(model, LogLevel::kNotice, "pe__clear_failcount", "Clearing failure of {} on {} because {} | {}_clear_failcount_0",
      id, model.node(node).name, reason, id);
  return action.self;
}

bool is_clearing_fail_count(const Model& model, const Resource& resource, NodeId node) {
  std::vector<ActionId> found;
  all_exact_actions(model, resource.self, "clear_failcount", 0, node, found);
  return !found.empty();
}

}  // namespace simcluster::scheduler
