#include "tools/fuzz/xml_mutator.h"

#include <vector>

#include "engine/base/random.h"
#include "engine/cib/document.h"
#include "engine/scheduler/random_edits.h"

namespace simcluster::fuzz {
namespace {

constexpr cib::ParseLimits kLimits = {.bytes = 1 << 20, .elements = 20'000};

// Values at which code decides something.
constexpr std::string_view kValues[] = {"",
                                        "0",
                                        "1",
                                        "-1",
                                        "2147483648",
                                        "9223372036854775807",
                                        "INFINITY",
                                        "-INFINITY",
                                        "true",
                                        "false",
                                        "#default",
                                        "P1Y2M3DT4H",
                                        "2020-01-01",
                                        "2020-W53-7",
                                        "24:00:00",
                                        "10s",
                                        "99999999",
                                        "1.5",
                                        "Promoted",
                                        "Master",
                                        "Stopped",
                                        "monitor",
                                        "migrate_to",
                                        "pacemaker-1.0",
                                        "none",
                                        "%0%1",
                                        "(a|b)*",
                                        "[",
                                        "!",
                                        "balanced",
                                        "fence",
                                        "restart-container",
                                        "suicide",
                                        "1:2:3:4",
                                        "0:7;1:2:7:x",
                                        "-1:193;1:2:0:x",
                                        "stop_unexpected",
                                        "unfencing",
                                        "promote",
                                        "demote"};

class Mutator {
 public:
  Mutator(cib::Document& document, const cib::Document* other, std::uint64_t seed)
      : document_(document), other_(other), random_(seed, "xml"), seed_(seed) {}

  void run() {
    for (std::uint64_t i = 0, count = 1 + random_.below(4); i < count; ++i) {
      elements_.clear();
      collect(document_.root());
      change();
    }
  }

 private:
  void collect(const cib::Element& root) {
    for (cib::Element at = root; at; at = at.next_in(root)) elements_.push_back(document_.edit(at));
  }
  cib::MutableElement any() { return elements_[random_.below(elements_.size())]; }
  // Any but the root; none when there is only that.
  cib::MutableElement inner() {
    return elements_.size() < 2 ? cib::MutableElement() : elements_[1 + random_.below(elements_.size() - 1)];
  }

  void change() {
    cib::MutableElement element = inner();
    if (!element) return;
    switch (random_.below(10)) {
      case 0:
        return element.remove();
      case 1: {  // a copy beside it
        cib::MutableElement parent = element.parent();
        parent.insert_copy(element, element);
        return;
      }
      case 2:  // a copy elsewhere
        if (cib::MutableElement target = any(); target.index() != element.index()) copy_below(target, element);
        return;
      case 3:
        return take_from_other();
      case 4:
        return rename(element);
      case 5:
        return remove_attribute(element);
      case 6:
      case 7:
        return change_value(element);
      case 8:
        return swap_value(element);
      default:
        return scheduler::testing::RandomEdits(document_, seed_).apply(1);
    }
  }
  static void copy_below(cib::MutableElement target, const cib::Element& source) {
    for (cib::Element up = target; up; up = up.parent()) {
      if (up == source) return;
    }
    target.append_copy(source);
  }
  void take_from_other() {
    if (other_ == nullptr) return;
    std::vector<cib::Element> theirs;
    const cib::Element root = other_->root();
    for (cib::Element at = root; at; at = at.next_in(root)) theirs.push_back(at);
    const cib::Element source = theirs[random_.below(theirs.size())];
    if (source == root) return;
    // Where its like stands, when there is such a place.
    for (int i = 0; i < 30; ++i) {
      cib::MutableElement target = any();
      if (i < 29 && target.name() != source.parent().name()) continue;
      target.append_copy(source);
      return;
    }
  }
  void rename(cib::MutableElement element) {
    const std::string name(any().name());
    element.rename(name);
  }
  std::optional<std::string> attribute_of(const cib::Element& element) {
    std::vector<std::string> names;
    for (const cib::Attribute attribute : element.attributes()) names.emplace_back(attribute.name);
    if (names.empty()) return std::nullopt;
    return names[random_.below(names.size())];
  }
  void remove_attribute(cib::MutableElement element) {
    if (const auto name = attribute_of(element)) element.remove_attribute(*name);
  }
  void change_value(cib::MutableElement element) {
    if (const auto name = attribute_of(element)) {
      element.set_attribute(*name, kValues[random_.below(std::size(kValues))]);
    }
  }
  // A value that the same attribute has somewhere else.
  void swap_value(cib::MutableElement element) {
    const auto name = attribute_of(element);
    if (!name) return;
    for (int i = 0; i < 30; ++i) {
      const cib::MutableElement source = any();
      if (!source.has(*name)) continue;
      const std::string value(source.value(*name));
      element.set_attribute(*name, value);
      return;
    }
  }

  cib::Document& document_;
  const cib::Document* other_;
  Random random_;
  std::uint64_t seed_;
  std::vector<cib::MutableElement> elements_;
};

}  // namespace

std::optional<std::string> mutate_xml(std::string_view text, std::string_view other, std::uint64_t seed) {
  auto document = cib::parse_document(text, "input", kLimits);
  if (!document || !document->root()) return std::nullopt;
  const auto second = cib::parse_document(other, "other", kLimits);
  Mutator(*document, second && second->root() ? &*second : nullptr, seed).run();
  return cib::write_document(*document);
}

}  // namespace simcluster::fuzz
