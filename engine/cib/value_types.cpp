#include "engine/cib/value_types.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <utility>

#include "engine/base/assert.h"
#include "engine/cib/values.h"

namespace simcluster::cib {
namespace {

bool among(std::initializer_list<std::string_view> words, std::string_view value) {
  return std::find(words.begin(), words.end(), value) != words.end();
}

// Blanks around numbers do not count, as in XML schema types.
std::string_view trimmed(std::string_view value) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = value.find_first_not_of(kBlanks);
  return first == std::string_view::npos ? "" : value.substr(first, value.find_last_not_of(kBlanks) - first + 1);
}

std::string_view check_integer(std::string_view value, Schema) {
  const std::string_view text = trimmed(value);
  const auto number = parse_integer(text);
  return number && number->length == text.size() ? "" : "an integer";
}
std::string_view check_count(std::string_view value, Schema schema) {
  return check_integer(value, schema).empty() && trimmed(value)[0] != '-' ? "" : "an integer from 0";
}
std::string_view check_score(std::string_view value, Schema schema) {
  const bool good =
      among({"INFINITY", "+INFINITY", "-INFINITY"}, trimmed(value)) || check_integer(value, schema).empty();
  return good ? "" : "an integer, INFINITY or -INFINITY";
}
std::string_view check_boolean(std::string_view value, Schema) {
  return among({"true", "false", "1", "0"}, value) ? "" : "true or false";
}
// An XML name without a colon.
std::string_view check_id(std::string_view value, Schema) {
  const auto letter = [](char c) {
    return (lower(c) >= 'a' && lower(c) <= 'z') || c == '_' || (static_cast<unsigned char>(c) & 0x80) != 0;
  };
  const bool good = !value.empty() && letter(value[0]) && std::all_of(value.begin(), value.end(), [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
  return good ? "" : "a letter or _, then letters, digits and _ . -";
}
std::string_view check_role(std::string_view value, Schema schema) {
  if (schema == Schema::k2) {
    return among({"Stopped", "Started", "Master", "Slave"}, value) ? "" : "Stopped, Started, Master or Slave";
  }
  return among({"Stopped", "Started", "Promoted", "Unpromoted", "Master", "Slave"}, value)
             ? ""
             : "Stopped, Started, Promoted, Unpromoted, Master or Slave";
}
std::string_view check_action(std::string_view value, Schema) {
  return among({"start", "stop", "promote", "demote"}, value) ? "" : "start, stop, promote or demote";
}
std::string_view check_kind(std::string_view value, Schema) {
  return among({"Optional", "Mandatory", "Serialize"}, value) ? "" : "Optional, Mandatory or Serialize";
}
std::string_view check_discovery(std::string_view value, Schema) {
  return among({"always", "never", "exclusive"}, value) ? "" : "always, never or exclusive";
}
std::string_view check_loss_policy(std::string_view value, Schema) {
  return among({"stop", "demote", "fence", "freeze"}, value) ? "" : "stop, demote, fence or freeze";
}
std::string_view check_node_type(std::string_view value, Schema schema) {
  if (schema < Schema::k4 && value == "ping") return "";
  if (schema < Schema::kBefore4 && value == "normal") return "";
  return among({"member", "remote"}, value) ? "" : "member or remote";
}
std::string_view check_class(std::string_view value, Schema schema) {
  if (schema < Schema::k4 && among({"upstart", "nagios"}, value)) return "";
  return among({"ocf", "lsb", "heartbeat", "systemd", "service", "stonith"}, value)
             ? ""
             : "ocf, lsb, systemd, service or stonith";
}
std::string_view check_on_fail(std::string_view value, Schema schema) {
  if (schema == Schema::k2 && value == "demote") {
    return "ignore, block, stop, restart, standby, fence or restart-container";
  }
  return among({"ignore", "block", "demote", "stop", "restart", "standby", "fence", "restart-container"}, value)
             ? ""
             : "ignore, block, demote, stop, restart, standby, fence or restart-container";
}
std::string_view check_requires(std::string_view value, Schema) {
  return among({"nothing", "quorum", "fencing", "unfencing"}, value) ? "" : "nothing, quorum, fencing or unfencing";
}
std::string_view check_boolean_op(std::string_view value, Schema) {
  return among({"and", "or"}, value) ? "" : "and or or";
}
std::string_view check_expression(std::string_view value, Schema) {
  return among({"lt", "gt", "lte", "gte", "eq", "ne", "defined", "not_defined"}, value)
             ? ""
             : "lt, gt, lte, gte, eq, ne, defined or not_defined";
}
std::string_view check_date_operation(std::string_view value, Schema) {
  return among({"in_range", "gt", "lt", "date_spec"}, value) ? "" : "in_range, gt, lt or date_spec";
}
std::string_view check_value_type(std::string_view value, Schema schema) {
  if (schema == Schema::k2 && value == "integer") return "string, number or version";
  return among({"string", "integer", "number", "version"}, value) ? "" : "string, integer, number or version";
}
std::string_view check_value_source(std::string_view value, Schema) {
  return among({"literal", "param", "meta"}, value) ? "" : "literal, param or meta";
}
std::string_view check_ordering(std::string_view value, Schema) {
  return among({"group", "listed"}, value) ? "" : "group or listed";
}
std::string_view check_permission(std::string_view value, Schema) {
  return among({"read", "write", "deny"}, value) ? "" : "read, write or deny";
}
std::string_view check_level(std::string_view value, Schema schema) {
  const bool integer = check_integer(value, schema).empty();
  const std::int64_t level = integer ? parse_integer(value)->value : 0;
  return level >= 1 && (schema < Schema::k4 || level <= 9) ? "" : "an integer from 1 to 9";
}
std::string_view check_devices(std::string_view value, Schema) {
  bool open = true;  // an id must follow
  for (const char c : value) {
    const bool inside =
        (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
    if (!inside && (c != ',' || open)) return "ids separated by commas";
    open = c == ',';
  }
  return open ? "ids separated by commas" : "";
}
std::string_view check_text(std::string_view, Schema) { return ""; }

constexpr std::pair<std::string_view, ValueCheck> kTypes[] = {
    {"", check_text},
    {"id", check_id},
    {"ref", check_text},
    {"integer", check_integer},
    {"count", check_count},
    {"score", check_score},
    {"boolean", check_boolean},
    {"role", check_role},
    {"action", check_action},
    {"kind", check_kind},
    {"discovery", check_discovery},
    {"loss-policy", check_loss_policy},
    {"node-type", check_node_type},
    {"class", check_class},
    {"on-fail", check_on_fail},
    {"requires", check_requires},
    {"boolean-op", check_boolean_op},
    {"expression", check_expression},
    {"date-operation", check_date_operation},
    {"value-type", check_value_type},
    {"value-source", check_value_source},
    {"ordering", check_ordering},
    {"permission", check_permission},
    {"level", check_level},
    {"devices", check_devices},
};

}  // namespace

ValueCheck value_check(std::string_view type) {
  const auto* found =
      std::find_if(std::begin(kTypes), std::end(kTypes), [&](const auto& t) { return t.first == type; });
  SIMCLUSTER_ASSERT(found != std::end(kTypes));
  return found->second;
}

}  // namespace simcluster::cib
