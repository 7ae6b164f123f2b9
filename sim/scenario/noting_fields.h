// Passes every key on to another visitor, and writes down what it read.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sim/faults/fields.h"

namespace simcluster::sim {

class NotingFields final : public Fields {
 public:
  using Notes = std::vector<std::pair<std::string, std::string>>;
  // Both must outlive the call of describe().
  NotingFields(Fields& inner, Notes& notes) : inner_(inner), notes_(notes) {}

  void text(const Key& key, std::string& value) override;
  void block(const Key& key, TextBlock& value) override;
  void file(const Key& key, TextBlock& value) override;
  void boolean(const Key& key, bool& value) override;
  void integer(const Key& key, std::int64_t& value, std::int64_t low, std::int64_t high) override;
  void duration(const Key& key, Duration& value) override;  // noted in nanoseconds
  void instant(const Key& key, Time& value) override;       // noted in nanoseconds
  void share(const Key& key, std::uint32_t& parts) override;
  void address(const Key& key, IpAddress& value) override;
  void prefix(const Key& key, AddressPrefix& value) override;
  void choice(const Key& key, std::size_t& value, std::span<const std::string_view> names) override;
  void reference(const Key& key, std::string& value, Reference kind) override;
  void event_kind(const Key& key, std::string& value) override;
  void pairs(const Key& key, std::vector<std::pair<std::string, std::string>>& value) override;
  bool begin_object(const Key& key) override;
  void end_object() override;
  bool begin_value(const Key& key) override;
  void end_value() override;
  std::size_t begin_list(const Key& key, Style style) override;
  std::size_t begin_map(const Key& key, Style style) override;
  std::string begin_item(std::size_t index) override;
  void end_item() override;
  void end_list() override;
  using Fields::one_of;
  void one_of(std::span<const std::string_view> names, bool none_allowed) override;
  void partial(bool on) override;
  bool given(std::string_view name) const override;
  SourcePlace place(std::string_view name) const override;
  void fail(SourcePlace place, std::string message) override;

 private:
  void note(const Key& key, std::string value);

  Fields& inner_;
  Notes& notes_;
  std::vector<std::string> path_;
};

}  // namespace simcluster::sim
