#include "sim/scenario/noting_fields.h"

#include <fmt/core.h>

namespace simcluster::sim {

void NotingFields::note(const Key& key, std::string value) {
  if (!inner_.given(key.name) && !key.name.empty()) return;
  std::string name;
  for (const auto& part : path_)
    if (!part.empty()) name += (name.empty() ? "" : ".") + part;
  if (!key.name.empty()) name += (name.empty() ? "" : ".") + std::string(key.name);
  notes_.emplace_back(std::move(name), std::move(value));
}

void NotingFields::text(const Key& key, std::string& value) {
  inner_.text(key, value);
  note(key, value);
}

void NotingFields::block(const Key& key, TextBlock& value) {
  inner_.block(key, value);
  note(key, value.text);
}

void NotingFields::file(const Key& key, TextBlock& value) {
  inner_.file(key, value);
  note(key, value.text);
}

void NotingFields::boolean(const Key& key, bool& value) {
  inner_.boolean(key, value);
  note(key, value ? "true" : "false");
}

void NotingFields::integer(const Key& key, std::int64_t& value, std::int64_t low, std::int64_t high) {
  inner_.integer(key, value, low, high);
  note(key, std::to_string(value));
}

void NotingFields::duration(const Key& key, Duration& value) {
  inner_.duration(key, value);
  note(key, std::to_string(value.ns));
}

void NotingFields::instant(const Key& key, Time& value) {
  inner_.instant(key, value);
  note(key, std::to_string(value.ns));
}

void NotingFields::share(const Key& key, std::uint32_t& parts) {
  inner_.share(key, parts);
  note(key, std::to_string(parts));
}

void NotingFields::address(const Key& key, IpAddress& value) {
  inner_.address(key, value);
  note(key, value.text());
}

void NotingFields::prefix(const Key& key, AddressPrefix& value) {
  inner_.prefix(key, value);
  note(key, fmt::format("{}/{}", value.address.text(), value.length));
}

void NotingFields::choice(const Key& key, std::size_t& value, std::span<const std::string_view> names) {
  inner_.choice(key, value, names);
  note(key, std::string(names[value]));
}

void NotingFields::reference(const Key& key, std::string& value, Reference kind) {
  inner_.reference(key, value, kind);
  note(key, value);
}

void NotingFields::event_kind(const Key& key, std::string& value) {
  inner_.event_kind(key, value);
  note(key, value);
}

void NotingFields::pairs(const Key& key, std::vector<std::pair<std::string, std::string>>& value) {
  inner_.pairs(key, value);
  for (const auto& [name, text] : value) note(key, name + "=" + text);
}

bool NotingFields::begin_object(const Key& key) {
  if (!inner_.begin_object(key)) return false;
  path_.emplace_back(key.name);
  return true;
}

void NotingFields::end_object() {
  path_.pop_back();
  inner_.end_object();
}

bool NotingFields::begin_value(const Key& key) { return inner_.begin_value(key); }
void NotingFields::end_value() { inner_.end_value(); }

std::size_t NotingFields::begin_list(const Key& key, Style style) {
  path_.emplace_back(key.name);
  return inner_.begin_list(key, style);
}

std::size_t NotingFields::begin_map(const Key& key, Style style) {
  path_.emplace_back(key.name);
  return inner_.begin_map(key, style);
}

std::string NotingFields::begin_item(std::size_t index) {
  std::string name = inner_.begin_item(index);
  path_.push_back(name.empty() ? std::to_string(index) : name);
  return name;
}

void NotingFields::end_item() {
  path_.pop_back();
  inner_.end_item();
}

void NotingFields::end_list() {
  path_.pop_back();
  inner_.end_list();
}

void NotingFields::one_of(std::span<const std::string_view> names, bool none_allowed) {
  inner_.one_of(names, none_allowed);
}

void NotingFields::partial(bool on) { inner_.partial(on); }
bool NotingFields::given(std::string_view name) const { return inner_.given(name); }
SourcePlace NotingFields::place(std::string_view name) const { return inner_.place(name); }
void NotingFields::fail(SourcePlace place, std::string message) { inner_.fail(place, std::move(message)); }

}  // namespace simcluster::sim
