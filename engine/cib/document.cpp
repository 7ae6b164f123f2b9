#include "engine/cib/document.h"

#include <algorithm>
#include <limits>

#include "engine/base/assert.h"

namespace simcluster::cib {

namespace {

constexpr std::string_view kCommentName = "#comment";
constexpr std::string_view kCommentText = "#text";

}  // namespace

// --- Element ---

std::string_view Element::name() const { return document_->texts_->text(name_symbol()); }

Symbol Element::name_symbol() const { return document_->nodes_[id_.index()].name; }

std::optional<std::string_view> Element::attribute(std::string_view attribute_name) const {
  // Few attributes, and most of them with names of different lengths: comparing texts beats a look-up of the symbol.
  const auto& node = document_->nodes_[id_.index()];
  const auto* at = document_->attributes_.data() + node.attributes_begin;
  for (const auto* end = at + node.attribute_count; at != end; ++at)
    if (document_->texts_->text(at->name) == attribute_name) return at->value;
  return std::nullopt;
}

std::string_view Element::attribute_or(std::string_view attribute_name, std::string_view otherwise) const {
  return attribute(attribute_name).value_or(otherwise);
}

Element::Attributes Element::attributes() const {
  const auto& node = document_->nodes_[id_.index()];
  return {document_, node.attributes_begin, node.attribute_count};
}

Attribute Element::Attributes::Iterator::operator*() const {
  const auto& stored = document_->attributes_[at_];
  return {document_->texts_->text(stored.name), stored.value};
}

Element::Children Element::children() const { return {ChildIterator(first_child(), Symbol()), ChildIterator()}; }

Element::Children Element::children(std::string_view child_name) const {
  const Symbol symbol = document_->find_name(child_name);
  if (!symbol.valid()) return {ChildIterator(), ChildIterator()};
  return {ChildIterator(first_child(child_name), symbol), ChildIterator()};
}

Element::ChildIterator& Element::ChildIterator::operator++() {
  do at_ = at_.next_sibling();
  while (only_.valid() && at_.valid() && at_.name_symbol() != only_);
  if (!at_.valid()) at_ = Element();
  return *this;
}

Element Element::first_child() const {
  const std::uint32_t child = document_->skip_comments(document_->nodes_[id_.index()].first_child);
  return child == Document::kNil ? Element() : Element(document_, ElementId(child));
}

Element Element::first_child(std::string_view child_name) const {
  Element child = first_child();
  while (child.valid() && !child.is(child_name)) child = child.next_sibling();
  return child;
}

Element Element::next_sibling() const {
  const std::uint32_t sibling = document_->skip_comments(document_->nodes_[id_.index()].next);
  return sibling == Document::kNil ? Element() : Element(document_, ElementId(sibling));
}

Element Element::next_sibling(std::string_view sibling_name) const {
  Element sibling = next_sibling();
  while (sibling.valid() && !sibling.is(sibling_name)) sibling = sibling.next_sibling();
  return sibling;
}

Element Element::parent() const {
  const std::uint32_t up = document_->nodes_[id_.index()].parent;
  return up == Document::kNil ? Element() : Element(document_, ElementId(up));
}

Element Element::descend(std::initializer_list<std::string_view> names) const {
  Element at = *this;
  for (const std::string_view step : names) {
    if (!at.valid()) break;
    at = at.first_child(step);
  }
  return at;
}

int Element::line() const { return static_cast<int>(document_->nodes_[id_.index()].line); }

SourcePlace Element::place() const { return {document_->file_name_, line(), 0}; }

// --- Document ---

Document::Document() : texts_(std::make_shared<StringPool>()) {
  comment_ = texts_->intern(kCommentName);
  id_name_ = texts_->intern("id");
}

Element Document::root() const { return root_ == kNil ? Element() : Element(this, ElementId(root_)); }

std::uint32_t Document::skip_comments(std::uint32_t node) const {
  while (node != kNil && is_comment(node)) node = nodes_[node].next;
  return node;
}

std::uint32_t Document::make_node(Symbol name, std::uint32_t line) {
  Node node;
  node.name = name;
  node.line = line;
  nodes_.push_back(node);
  return static_cast<std::uint32_t>(nodes_.size() - 1);
}

void Document::link_last(std::uint32_t node, std::uint32_t parent) {
  const std::uint32_t last = nodes_[parent].last_child;
  nodes_[node].parent = parent;
  nodes_[node].previous = last;
  nodes_[node].next = kNil;
  (last == kNil ? nodes_[parent].first_child : nodes_[last].next) = node;
  nodes_[parent].last_child = node;
}

void Document::link_before(std::uint32_t node, std::uint32_t sibling) {
  const std::uint32_t parent = nodes_[sibling].parent;
  SIMCLUSTER_ASSERT(parent != kNil);
  const std::uint32_t previous = nodes_[sibling].previous;
  nodes_[node].parent = parent;
  nodes_[node].previous = previous;
  nodes_[node].next = sibling;
  nodes_[sibling].previous = node;
  (previous == kNil ? nodes_[parent].first_child : nodes_[previous].next) = node;
}

void Document::unlink(std::uint32_t node) {
  Node& self = nodes_[node];
  if (self.parent == kNil) {
    if (root_ == node) root_ = kNil;
    return;
  }
  (self.previous == kNil ? nodes_[self.parent].first_child : nodes_[self.previous].next) = self.next;
  (self.next == kNil ? nodes_[self.parent].last_child : nodes_[self.next].previous) = self.previous;
  self.parent = self.previous = self.next = kNil;
}

Element Document::set_root(std::string_view name) {
  SIMCLUSTER_ASSERT(root_ == kNil);
  root_ = make_node(texts_->intern(name), 0);
  return root();
}

Element Document::append_child(Element parent, std::string_view name) {
  const std::uint32_t node = make_node(texts_->intern(name), 0);
  link_last(node, parent.id().value);
  return {this, ElementId(node)};
}

Element Document::insert_before(Element sibling, std::string_view name) {
  const std::uint32_t node = make_node(texts_->intern(name), 0);
  link_before(node, sibling.id().value);
  return {this, ElementId(node)};
}

void Document::move_to_end(Element element, Element parent) {
  unlink(element.id().value);
  link_last(element.id().value, parent.id().value);
  ids_valid_ = false;  // "first in document order" may name another element now
}

void Document::move_before(Element element, Element sibling) {
  if (element == sibling) return;
  unlink(element.id().value);
  link_before(element.id().value, sibling.id().value);
  ids_valid_ = false;
}

std::uint32_t Document::copy_subtree(const Document& from, std::uint32_t source) {
  // By value: `from` may be this document, whose arrays grow meanwhile.
  const Node original = from.nodes_[source];
  const bool same_texts = from.texts_ == texts_;
  const auto symbol_of = [&](Symbol symbol) { return same_texts ? symbol : texts_->intern(from.texts_->text(symbol)); };
  const std::uint32_t copy = make_node(symbol_of(original.name), original.line);
  for (std::uint32_t i = 0; i < original.attribute_count; ++i) {
    const StoredAttribute stored = from.attributes_[original.attributes_begin + i];
    add_attribute(copy, symbol_of(stored.name), same_texts ? stored.value : texts_->store(stored.value));
  }
  for (std::uint32_t child = original.first_child; child != kNil; child = from.nodes_[child].next)
    link_last(copy_subtree(from, child), copy);
  return copy;
}

Element Document::append_copy(Element parent, Element source) {
  const std::uint32_t copy = copy_subtree(source.document(), source.id().value);
  link_last(copy, parent.id().value);
  return {this, ElementId(copy)};
}

Element Document::insert_copy_before(Element sibling, Element source) {
  const std::uint32_t copy = copy_subtree(source.document(), source.id().value);
  link_before(copy, sibling.id().value);
  return {this, ElementId(copy)};
}

Element Document::set_root_copy(Element source) {
  SIMCLUSTER_ASSERT(root_ == kNil);
  root_ = copy_subtree(source.document(), source.id().value);
  return root();
}

void Document::drop_id_of(std::uint32_t node) {
  if (!ids_valid_) return;
  const auto value = Element(this, ElementId(node)).attribute("id");
  if (!value) return;
  // Another element may carry the same id; only a new walk can tell which is the first.
  if (const auto found = ids_.find(*value); found != ids_.end() && found->second == node) ids_valid_ = false;
}

void Document::remove(Element element) {
  const std::uint32_t node = element.id().value;
  unlink(node);
  garbage_ += sizeof(Node);
  ids_valid_ = false;
}

void Document::remove_children(Element element) {
  Node& node = nodes_[element.id().index()];
  if (node.first_child == kNil) return;
  for (std::uint32_t child = node.first_child; child != kNil;) {
    const std::uint32_t next = nodes_[child].next;
    nodes_[child].parent = nodes_[child].previous = nodes_[child].next = kNil;
    garbage_ += sizeof(Node);
    child = next;
  }
  node.first_child = node.last_child = kNil;
  ids_valid_ = false;
}

void Document::rename(Element element, std::string_view name) {
  nodes_[element.id().index()].name = texts_->intern(name);
}

void Document::add_attribute(std::uint32_t at, Symbol name, std::string_view stored_value) {
  Node& node = nodes_[at];
  SIMCLUSTER_ASSERT(node.attribute_count < std::numeric_limits<std::uint16_t>::max());
  if (node.attribute_count == node.attribute_capacity) {
    const bool at_end = node.attributes_begin + node.attribute_capacity == attributes_.size();
    if (!at_end || node.attribute_capacity == 0) {
      const auto begin = static_cast<std::uint32_t>(attributes_.size());
      for (std::uint32_t i = 0; i < node.attribute_count; ++i) {
        const StoredAttribute moved = attributes_[node.attributes_begin + i];
        attributes_.push_back(moved);
      }
      garbage_ += node.attribute_count * sizeof(StoredAttribute);
      node.attributes_begin = begin;
      node.attribute_capacity = node.attribute_count;
    }
    attributes_.push_back({});
    ++node.attribute_capacity;
  }
  attributes_[node.attributes_begin + node.attribute_count] = {name, stored_value};
  ++node.attribute_count;
  if (name == id_name_ && ids_valid_) index_id(at, stored_value);
}

void Document::set_attribute(Element element, std::string_view name, std::string_view value) {
  const Node& node = nodes_[element.id().index()];
  const Symbol symbol = texts_->intern(name);
  for (std::uint32_t i = 0; i < node.attribute_count; ++i) {
    StoredAttribute& stored = attributes_[node.attributes_begin + i];
    if (stored.name != symbol) continue;
    if (stored.value == value) return;
    if (symbol == id_name_) drop_id_of(element.id().value);
    garbage_ += stored.value.size();
    stored.value = texts_->store(value);
    if (symbol == id_name_ && ids_valid_) index_id(element.id().value, stored.value);
    return;
  }
  add_attribute(element.id().value, symbol, texts_->store(value));
}

void Document::remove_attribute(Element element, std::string_view name) {
  Node& node = nodes_[element.id().index()];
  const Symbol symbol = texts_->find(name);
  for (std::uint32_t i = 0; symbol.valid() && i < node.attribute_count; ++i) {
    if (attributes_[node.attributes_begin + i].name != symbol) continue;
    if (symbol == id_name_) drop_id_of(element.id().value);
    garbage_ += attributes_[node.attributes_begin + i].value.size();
    for (std::uint32_t k = i + 1; k < node.attribute_count; ++k)
      attributes_[node.attributes_begin + k - 1] = attributes_[node.attributes_begin + k];
    --node.attribute_count;
    return;
  }
}

void Document::remove_attributes(Element element) {
  drop_id_of(element.id().value);
  Node& node = nodes_[element.id().index()];
  for (std::uint32_t i = 0; i < node.attribute_count; ++i)
    garbage_ += attributes_[node.attributes_begin + i].value.size();
  node.attribute_count = 0;
}

void Document::append_comment(Element parent, std::string_view text) {
  const std::uint32_t node = make_node(comment_, 0);
  add_attribute(node, texts_->intern(kCommentText), texts_->store(text));
  link_last(node, parent.id().value);
}

Element Document::find(std::string_view xml_id) const {
  if (!ids_valid_) build_index();
  const auto found = ids_.find(xml_id);
  return found == ids_.end() ? Element() : Element(this, ElementId(found->second));
}

void Document::index_id(std::uint32_t node, std::string_view value) const { ids_.try_emplace(value, node); }

void Document::build_index() const {
  ids_.clear();
  ids_valid_ = true;
  // Depth first without recursion.
  for (std::uint32_t at = root_; at != kNil;) {
    const Node& node = nodes_[at];
    for (std::uint32_t i = 0; i < node.attribute_count; ++i)
      if (attributes_[node.attributes_begin + i].name == id_name_)
        index_id(at, attributes_[node.attributes_begin + i].value);
    if (node.first_child != kNil) {
      at = node.first_child;
      continue;
    }
    std::uint32_t up = at;
    while (up != kNil && up != root_ && nodes_[up].next == kNil) up = nodes_[up].parent;
    at = up == kNil || up == root_ ? kNil : nodes_[up].next;
  }
}

void Document::compact() {
  Document fresh;
  fresh.file_name_ = file_name_;
  if (root_ != kNil) fresh.root_ = fresh.copy_subtree(*this, root_);
  *this = std::move(fresh);
}

namespace {

bool same_attributes(Element a, Element b) {
  if (a.attributes().size() != b.attributes().size()) return false;
  return std::all_of(a.attributes().begin(), a.attributes().end(),
                     [b](const Attribute& attribute) { return b.attribute(attribute.name) == attribute.value; });
}

}  // namespace

bool same_subtree(Element a, Element b) {
  if (!a.valid() || !b.valid()) return a.valid() == b.valid();
  if (a.name() != b.name() || !same_attributes(a, b)) return false;
  Element x = a.first_child();
  Element y = b.first_child();
  for (; x.valid() && y.valid(); x = x.next_sibling(), y = y.next_sibling())
    if (!same_subtree(x, y)) return false;
  return !x.valid() && !y.valid();
}

}  // namespace simcluster::cib
