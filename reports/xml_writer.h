// Writes the indented XML that the cluster's tools print (S5 M-9).
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace simcluster::reports {

// "true" or "false".
std::string_view yes_no(bool value);
// `text` as it stands between tags.
std::string escaped_text(std::string_view text);

// Writes elements as they come; what is opened last closes first.
class XmlWriter {
 public:
  // Appends to `out`, which must outlive the writer.
  explicit XmlWriter(std::string& out) : out_(out) {}

  using Attributes = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  // Call attribute() next, then open() or leaf() of another element, text() or close().
  void open(std::string_view name, Attributes attributes = {});
  void attribute(std::string_view name, std::string_view value);
  // Left out when empty.
  void optional_attribute(std::string_view name, std::string_view value) {
    if (!value.empty()) attribute(name, value);
  }
  void close();
  void leaf(std::string_view name, Attributes attributes) {
    open(name, attributes);
    close();
  }
  // An element with nothing but text.
  void text(std::string_view name, std::string_view value, Attributes attributes = {});

 private:
  void finish_tag(bool empty);

  std::string& out_;
  std::vector<std::string> names_;
  bool in_tag_ = false;
};

}  // namespace simcluster::reports
