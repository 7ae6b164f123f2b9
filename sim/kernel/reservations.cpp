#include "sim/kernel/reservations.h"

#include <algorithm>
#include <map>

#include <fmt/core.h>

#include "sim/kernel/storage.h"

namespace simcluster::sim {

namespace {

// Exit statuses of sg3_utils.
constexpr int kSyntaxError = 1;
constexpr int kConflict = 24;
constexpr int kNoDevice = 50;  // the open failed: no such device

// Option letters with their values; an option without a value has an empty one.
std::map<char, std::string> read_options(std::string_view line) {
  std::map<char, std::string> options;
  char last = 0;
  while (!line.empty()) {
    const auto end = std::min(line.find(' '), line.size());
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    if (word.size() == 2 && word.front() == '-') {
      last = word[1];
      options[last];
    } else if (last != 0) {
      options[last] = word;
    }
  }
  return options;
}

std::string list_keys(const Reservations& reservations) {
  const std::vector<std::string> keys = reservations.keys();
  std::string text = fmt::format("  PR generation=0x{:x}, {} registered reservation key{} follow{}:\n", keys.size(),
                                 keys.size(), keys.size() == 1 ? "" : "s", keys.size() == 1 ? "s" : "");
  for (const std::string& key : keys) text += fmt::format("    0x{}\n", key);
  return text;
}

}  // namespace

bool Reservations::registered(NodeIndex machine, std::string_view key) const {
  return std::ranges::any_of(registrations_, [&](const Registration& each) {
    return each.machine == machine && (key.empty() || each.key == key);
  });
}

bool Reservations::may_write(NodeIndex machine) const { return !reserved_ || registered(machine, {}); }

std::vector<std::string> Reservations::keys() const {
  std::vector<std::string> keys;
  for (const Registration& each : registrations_) keys.push_back(each.key);
  return keys;
}

void Reservations::enter(NodeIndex machine, std::string_view key) {
  std::erase_if(registrations_, [&](const Registration& each) { return each.machine == machine; });
  if (!key.empty()) registrations_.push_back({machine, std::string(key)});
  if (registrations_.empty()) reserved_ = false;
}

bool Reservations::reserve(NodeIndex machine, std::string_view own) {
  if (!registered(machine, own) || (reserved_ && holder_ != machine)) return false;
  reserved_ = true;
  holder_ = machine;
  return true;
}

bool Reservations::remove(NodeIndex machine, std::string_view own, std::string_view victim) {
  if (!registered(machine, own)) return false;
  const bool holds = std::ranges::any_of(
      registrations_, [&](const Registration& each) { return each.machine == holder_ && each.key == victim; });
  std::erase_if(registrations_, [&](const Registration& each) { return each.key == victim; });
  if (holds) holder_ = machine;  // the reservation goes over to who removed its holder
  return true;
}

SgPersistAnswer sg_persist(const Mounts& mounts, NodeIndex machine, std::string_view command_line) {
  auto options = read_options(command_line);
  const Mounts::Attachment* disk = mounts.find_device(options['d']);
  if (disk == nullptr || disk->state == DeviceState::kFails)
    return {kNoDevice, fmt::format("sg_persist: error opening file: {}: No such device", options['d'])};
  Reservations& reservations = disk->device->reservations;
  if (options.contains('k')) return {0, list_keys(reservations)};
  bool granted = true;
  if (options.contains('I')) {
    reservations.enter(machine, options['S']);
  } else if (options.contains('R')) {
    granted = reservations.reserve(machine, options['K']);
  } else if (options.contains('A')) {
    granted = reservations.remove(machine, options['K'], options['S']);
  } else {
    return {kSyntaxError, "sg_persist: no service action was given"};
  }
  return granted ? SgPersistAnswer{} : SgPersistAnswer{kConflict, "persistent reserve out: Reservation conflict"};
}

}  // namespace simcluster::sim
