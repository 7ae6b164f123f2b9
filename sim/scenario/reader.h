// The reading visitor: fills a declared type from a YAML tree and reports what does not fit, once, with its place.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/faults/fields.h"
#include "sim/scenario/yaml_tree.h"

namespace simcluster::sim {

class Reader final : public Fields {
 public:
  // A name that must exist; checked when the whole scenario is known.
  struct NameUse {
    Reference kind;
    std::string name;
    std::string machine;  // for interfaces: the machine named before in the same object
    SourcePlace place;
  };

  // `root` must outlive the reader.
  explicit Reader(const YamlNode& root);

  // The first error in the order of the file; none when all is well.
  const std::optional<Error>& error() const { return error_; }
  // Closes the outermost object; call it when everything is declared.
  void finish();
  const std::vector<NameUse>& names_used() const { return names_used_; }

  using Fields::duration;
  void text(const Key& key, std::string& value) override;
  void block(const Key& key, TextBlock& value) override;
  void file(const Key& key, TextBlock& value) override;
  void boolean(const Key& key, bool& value) override;
  void integer(const Key& key, std::int64_t& value, std::int64_t low, std::int64_t high) override;
  void duration(const Key& key, Duration& value) override;
  void instant(const Key& key, Time& value) override;
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
  bool given(std::string_view name) const override;
  SourcePlace place(std::string_view name) const override;
  void fail(SourcePlace place, std::string message) override;

 private:
  struct Frame {
    const YamlNode* node;
    std::vector<std::string> known;  // keys declared so far
    std::string machine;             // last machine named in this object
    bool object = false;
  };

  const YamlNode* look_up(const Key& key);
  // The text of a scalar; null when the key is absent or the value is no scalar (then an error stands).
  const YamlNode* scalar(const Key& key, std::string_view expected);
  void wrong(const YamlNode& node, const Key& key, std::string_view expected);
  void check_unknown(const Frame& frame);

  std::vector<Frame> frames_;
  std::optional<Error> error_;
  std::vector<NameUse> names_used_;
  YamlNode empty_;  // stands for the value of parameterless actions
};

// Reads a text file of at most `limit` bytes.
Result<std::string> read_text_file(const std::string& path, std::size_t limit, const SourcePlace& named_at);
// `path` as seen from the folder of `file`.
std::string path_beside(const std::string& file, const std::string& path);

}  // namespace simcluster::sim
