#include "engine/cib/document.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "engine/base/assert.h"
#include "engine/base/hash.h"

namespace simcluster::cib {

// ---- values ----

Document::ValueArena& Document::ValueArena::operator=(const ValueArena& other) {
  if (this != &other) *this = ValueArena(other);
  return *this;
}

const char* Document::ValueArena::store(std::string_view text) {
  constexpr std::size_t kLargestBlock = std::size_t{1} << 20;
  if (text.empty()) return "";
  if (capacity - used < text.size()) {
    capacity = std::max(next_size, text.size());
    next_size = std::min(next_size * 2, kLargestBlock);
    bytes += capacity;
    open = std::make_shared_for_overwrite<char[]>(capacity);
    blocks.push_back(open);
    used = 0;
  }
  char* place = open.get() + used;
  std::memcpy(place, text.data(), text.size());
  used += text.size();
  return place;
}

// ---- document ----

Document::Document() : names_(std::make_shared<NameTable>()), file_name_(std::make_shared<const std::string>()) {}
Document::~Document() = default;

void Document::set_file_name(std::string_view name) { file_name_ = std::make_shared<const std::string>(name); }

Name Document::intern_name(std::string_view text) {
  if (const Name known = names_->find(text); known.valid()) return known;
  if (names_.use_count() > 1) names_ = std::make_shared<NameTable>(*names_);
  return names_->intern(text);
}

// <name></name> or <!---->, without attributes or text.
std::size_t Document::tag_content(const Node& node) const {
  constexpr std::size_t kTags = 5, kCommentMarks = 7;
  return node.kind == Kind::kComment ? kCommentMarks : 2 * names_->text(node.name).size() + kTags;
}

// A blank, the name, ="", the value; a comment's text stands alone.
std::size_t Document::attribute_content(Name name, std::size_t value_size) const {
  constexpr std::size_t kAround = 4;
  return name.valid() ? names_->text(name).size() + kAround + value_size : value_size;
}

std::size_t Document::own_content(const Node& node) const {
  std::size_t bytes = tag_content(node);
  for (std::uint32_t i = node.first_attribute; i != node.first_attribute + node.attribute_count; ++i)
    bytes += attribute_content(attributes_[i].name, attributes_[i].length);
  return bytes;
}

ElementId Document::new_node(Kind kind, Name name) {
  const ElementId id(static_cast<ElementId::rep>(nodes_.size()));
  Node& made = nodes_.emplace_back();
  made.kind = kind;
  made.name = name;
  made.first_attribute = static_cast<std::uint32_t>(attributes_.size());
  content_bytes_ += tag_content(made);
  return id;
}

MutableElement Document::create_root(std::string_view name) {
  SIMCLUSTER_ASSERT(!root_.valid());
  root_ = new_node(Kind::kElement, intern_name(name));
  return {this, root_};
}

void Document::link(ElementId child, ElementId parent, ElementId before) {
  Node& c = node(child);
  Node& p = node(parent);
  c.parent = parent;
  c.next = before;
  c.previous = before.valid() ? node(before).previous : p.last_child;
  (c.previous.valid() ? node(c.previous).next : p.first_child) = child;
  (before.valid() ? node(before).previous : p.last_child) = child;
}

void Document::unlink(ElementId child) {
  Node& c = node(child);
  if (c.parent.valid()) {
    Node& p = node(c.parent);
    (c.previous.valid() ? node(c.previous).next : p.first_child) = c.next;
    (c.next.valid() ? node(c.next).previous : p.last_child) = c.previous;
  } else if (root_ == child) {
    root_ = ElementId::none();
  }
  c.parent = c.next = c.previous = ElementId::none();
}

// The attribute must be new. The element's range moves to the end of the array when it has no room left.
void Document::add_attribute(ElementId element, Name name, std::string_view value) {
  Node& n = node(element);
  SIMCLUSTER_ASSERT(n.attribute_count < 0x7fff);
  if (n.attribute_count == n.attribute_capacity) {
    const std::uint32_t end = static_cast<std::uint32_t>(attributes_.size());
    if (n.first_attribute + n.attribute_count != end) {
      const std::uint16_t capacity = static_cast<std::uint16_t>(std::max(4, n.attribute_count * 2));
      const std::uint32_t old = n.first_attribute;
      attributes_.resize(attributes_.size() + capacity);
      std::copy_n(attributes_.begin() + old, n.attribute_count, attributes_.begin() + end);
      n.first_attribute = end;
      n.attribute_capacity = capacity;
    } else {
      attributes_.emplace_back();
      ++n.attribute_capacity;
    }
  }
  attribute_slot(n.first_attribute + n.attribute_count++) = {values_.store(value),
                                                             static_cast<std::uint32_t>(value.size()), name};
  content_bytes_ += attribute_content(name, value.size());
  if (name == names::kId && index_.built) index_id(element);
}

void Document::set_attribute(ElementId element, Name name, std::string_view value) {
  const Node& n = std::as_const(*this).node(element);
  for (std::uint32_t i = n.first_attribute; i != n.first_attribute + n.attribute_count; ++i) {
    if (attributes_[i].name != name) continue;
    if (attributes_[i].value() == value) return;
    StoredAttribute& at = attribute_slot(i);
    content_bytes_ += value.size();
    content_bytes_ -= at.length;
    at.text = values_.store(value);
    at.length = static_cast<std::uint32_t>(value.size());
    if (name == names::kId && index_.built) index_id(element);
    return;
  }
  add_attribute(element, name, value);
}

// Values of another document are stored again, so that its arena can be dropped.
ElementId Document::copy_node(const Document& source, ElementId from) {
  // Comments and their text have no name.
  const auto translated = [&](Name name) {
    return &source == this || !name.valid() ? name : intern_name(source.name_text(name));
  };
  const ElementId made = new_node(source.node(from).kind, translated(source.node(from).name));
  node(made).line = source.node(from).line;
  node(made).column = source.node(from).column;
  const std::uint32_t count = source.node(from).attribute_count;
  for (std::uint32_t i = 0; i < count; ++i) {
    const StoredAttribute stored = source.attributes_[source.node(from).first_attribute + i];
    add_attribute(made, translated(stored.name), stored.value());
  }
  return made;
}

ElementId Document::copy_subtree(const Document& source, ElementId from) {
  const ElementId top = copy_node(source, from);
  ElementId source_at = from;
  ElementId at = top;
  while (true) {
    if (const ElementId child = source.node(source_at).first_child; child.valid()) {
      source_at = child;
      const ElementId made = copy_node(source, child);
      link(made, at, ElementId::none());
      at = made;
      continue;
    }
    while (source_at != from && !source.node(source_at).next.valid()) {
      source_at = source.node(source_at).parent;
      at = node(at).parent;
    }
    if (source_at == from) return top;
    source_at = source.node(source_at).next;
    const ElementId made = copy_node(source, source_at);
    link(made, node(at).parent, ElementId::none());
    at = made;
  }
}

std::size_t Document::memory_bytes() const {
  return nodes_.capacity() * sizeof(Node) + attributes_.capacity() * sizeof(StoredAttribute) + values_.bytes +
         index_.slots.capacity() * sizeof(ElementId);
}

void Document::compact() {
  SIMCLUSTER_ASSERT(!noted_.journal);
  Document fresh;
  fresh.file_name_ = file_name_;
  if (root_.valid()) fresh.root_ = fresh.copy_subtree(*this, root_);
  *this = std::move(fresh);
}

// ---- changes that can be taken back ----

void Document::begin_changes() {
  SIMCLUSTER_ASSERT(!noted_.journal);
  noted_.journal = std::make_unique<Journal>();
  noted_.journal->node_count = nodes_.size();
  noted_.journal->attribute_count = attributes_.size();
  noted_.journal->root = root_;
  noted_.journal->content_bytes = content_bytes_;
}

void Document::note_node(ElementId id) {
  if (id.index() < noted_.journal->node_count) noted_.journal->nodes.emplace_back(id.index(), nodes_[id.index()]);
}

void Document::note_attribute(std::size_t at) {
  if (at < noted_.journal->attribute_count) noted_.journal->attributes.emplace_back(at, attributes_[at]);
}

void Document::keep_changes() {
  SIMCLUSTER_ASSERT(noted_.journal && !noted_.journal->swapped);
  noted_.journal.reset();
}

// An entry may be there several times: the oldest one counts going back, the newest one going forward.
void Document::swap_changes() {
  SIMCLUSTER_ASSERT(noted_.journal);
  Journal& journal = *noted_.journal;
  std::swap(root_, journal.root);
  std::swap(content_bytes_, journal.content_bytes);
  const auto swap_all = [&](auto& noted, auto& now) {
    if (journal.swapped) {
      for (auto& [at, then] : noted) std::swap(now[at], then);
    } else {
      for (auto it = noted.rbegin(); it != noted.rend(); ++it) std::swap(now[it->first], it->second);
    }
  };
  swap_all(journal.nodes, nodes_);
  swap_all(journal.attributes, attributes_);
  journal.swapped = !journal.swapped;
  index_ = {};  // of ids that are there now; built anew when it is needed
}

void Document::take_back_changes() {
  SIMCLUSTER_ASSERT(noted_.journal);
  if (!noted_.journal->swapped) swap_changes();
  index_ = {};
  nodes_.resize(noted_.journal->node_count);
  attributes_.resize(noted_.journal->attribute_count);
  noted_.journal.reset();
}

// ---- ids ----

void Document::index_id(ElementId element) const {
  const auto id = Element(this, element).attribute(names::kId);
  if (!id) return;
  if ((index_.used + 1) * 2 > index_.slots.size()) grow_index();
  const std::size_t mask = index_.slots.size() - 1;
  std::size_t slot = hash_text(*id) & mask;
  while (index_.slots[slot].valid()) slot = (slot + 1) & mask;
  index_.slots[slot] = element;
  ++index_.used;
}

// Walking the old table from a free slot on keeps the order of elements with the same id.
void Document::grow_index() const {
  const std::vector<ElementId> old = std::move(index_.slots);
  index_.slots.assign(std::max<std::size_t>(64, old.size() * 2), ElementId::none());
  index_.used = 0;
  const auto free = static_cast<std::size_t>(std::find(old.begin(), old.end(), ElementId::none()) - old.begin());
  for (std::size_t i = 0; i < old.size(); ++i) {
    const ElementId entry = old[(free + i) % old.size()];
    if (entry.valid() && node(entry).kind == Kind::kElement) index_id(entry);
  }
}

void Document::build_index() const {
  std::size_t count = 0;
  for (Element at = root(); at; at = at.next_in(root())) count += at.has(names::kId) ? 1 : 0;
  std::size_t size = 64;
  while (size < count * 4) size *= 2;
  index_.slots.assign(size, ElementId::none());
  index_.used = 0;
  index_.built = true;
  for (Element at = root(); at; at = at.next_in(root())) index_id(at.index());
}

// Calls visit(Element) for each element with that id until it returns false.
template <class Visit>
void Document::visit_id(std::string_view id, Visit visit) const {
  if (!index_.built) build_index();
  const std::size_t mask = index_.slots.size() - 1;
  for (std::size_t slot = hash_text(id) & mask; index_.slots[slot].valid(); slot = (slot + 1) & mask) {
    const Element found(this, index_.slots[slot]);
    if (node(found.index()).kind == Kind::kElement && found.attribute(names::kId) == id && !visit(found)) return;
  }
}

Element Document::find_id(std::string_view id) const {
  Element result;
  visit_id(id, [&](Element found) {
    result = found;
    return false;
  });
  return result;
}

Element Document::find_id(Name name, std::string_view id) const {
  Element result;
  visit_id(id, [&](Element found) {
    if (found.name_id() == name) result = found;
    return !result;
  });
  return result;
}

Element Document::find_unique_id(Name name, std::string_view id) const {
  Element result;
  bool several = false;
  visit_id(id, [&](Element found) {
    if (found.name_id() != name || found == result) return true;
    several = static_cast<bool>(result);
    result = found;
    return !several;
  });
  return several ? Element() : result;
}

std::vector<Element> Document::find_all_id(std::string_view id) const {
  std::vector<Element> all;
  visit_id(id, [&](Element found) {
    if (std::find(all.begin(), all.end(), found) == all.end()) all.push_back(found);
    return true;
  });
  return all;
}

Element Document::find_unique(Name name) const {
  // Along the array, which is faster than along the links; elements that were taken out of the tree are still in it.
  const auto is_in_tree = [&](ElementId id) {
    while (node(id).parent.valid()) id = node(id).parent;
    return id == root_;
  };
  ElementId result;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].name != name || nodes_[i].kind != Kind::kElement) continue;
    const ElementId found(static_cast<ElementId::rep>(i));
    if (!is_in_tree(found)) continue;
    if (result.valid()) return {};
    result = found;
  }
  return result.valid() ? Element(this, result) : Element();
}

Element Document::find_path(std::string_view path) const {
  Element at = root();
  while (at && !path.empty()) {
    const std::size_t slash = path.find('/');
    at = at.first_child(path.substr(0, slash));
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  }
  return at;
}

MutableElement Document::find_path(std::string_view path) { return edit(std::as_const(*this).find_path(path)); }

// ---- reading handle ----

std::optional<std::string_view> Element::attribute(std::string_view name) const {
  if (!id_.valid()) return std::nullopt;
  const Name number = document_->find_name(name);
  return number.valid() ? attribute(number) : std::nullopt;
}

Element Element::first_child(std::string_view name) const {
  if (!id_.valid()) return {};
  const Name number = document_->find_name(name);
  return number.valid() ? first_child(number) : Element();
}

ChildRange<Element> Element::children(std::string_view name) const {
  const Element first = first_child(name);
  return {first, first ? first.name_id() : Name::none()};
}

Element Element::previous_sibling() const {
  ElementId at = document_->node(id_).previous;
  while (at.valid() && document_->node(at).kind != Document::Kind::kElement) at = document_->node(at).previous;
  return {document_, at};
}

Element Element::child_with(Name name, Name attribute_name, std::string_view value) const {
  for (const Element child : children(name)) {
    if (child.attribute(attribute_name) == value) return child;
  }
  return {};
}

std::size_t Element::child_count() const {
  std::size_t count = 0;
  for (Element at = first_child(); at; at = at.next_sibling()) ++count;
  return count;
}

Element Element::next_in(const Element& scope) const {
  if (const Element child = first_child()) return child;
  for (Element at = *this; at && at != scope; at = at.parent()) {
    if (const Element next = at.next_sibling()) return next;
  }
  return {};
}

std::vector<std::string_view> Element::comments() const {
  std::vector<std::string_view> texts;
  if (!id_.valid()) return texts;
  for (ElementId at = document_->node(id_).first_child; at.valid(); at = document_->node(at).next) {
    const Document::Node& node = document_->node(at);
    if (node.kind == Document::Kind::kComment) texts.push_back(document_->attributes_[node.first_attribute].value());
  }
  return texts;
}

SourcePlace Element::place() const { return {document_->file_name(), line(), column()}; }
int Element::line() const { return static_cast<int>(document_->node(id_).line); }
int Element::column() const { return document_->node(id_).column; }

// ---- changing handle ----

MutableElement MutableElement::first_child(std::string_view name) const {
  return id_.valid() ? MutableElement(&edit(), Element::first_child(name).index()) : MutableElement();
}

ChildRange<MutableElement> MutableElement::children(std::string_view name) const {
  const MutableElement first = first_child(name);
  return {first, first ? first.name_id() : Name::none()};
}

MutableElement MutableElement::child_with(Name name, Name attribute_name, std::string_view value) const {
  return id_.valid() ? MutableElement(&edit(), Element::child_with(name, attribute_name, value).index())
                     : MutableElement();
}

MutableElement& MutableElement::set_attribute(Name name, std::string_view value) {
  edit().set_attribute(id_, name, value);
  return *this;
}

MutableElement& MutableElement::set_attribute(std::string_view name, std::string_view value) {
  return set_attribute(edit().intern_name(name), value);
}

MutableElement& MutableElement::set_attribute(Name name, std::int64_t value) {
  const fmt::format_int text(value);
  return set_attribute(name, std::string_view(text.data(), text.size()));
}

MutableElement& MutableElement::set_attribute(std::string_view name, std::int64_t value) {
  return set_attribute(edit().intern_name(name), value);
}

bool MutableElement::remove_attribute(Name name) {
  Document& document = edit();
  Document::Node& node = document.node(id_);
  const auto first = document.attributes_.begin() + node.first_attribute;
  const auto last = first + node.attribute_count;
  const auto found = std::find_if(first, last, [&](const auto& at) { return at.name == name; });
  if (found == last) return false;
  document.content_bytes_ -= document.attribute_content(name, found->length);
  for (auto at = found; at != last; ++at)
    document.attribute_slot(static_cast<std::size_t>(at - document.attributes_.begin()));
  std::move(found + 1, last, found);
  --node.attribute_count;
  return true;
}

bool MutableElement::remove_attribute(std::string_view name) {
  const Name number = document_->find_name(name);
  return number.valid() && remove_attribute(number);
}

void MutableElement::remove_all_attributes() {
  Document& document = edit();
  Document::Node& node = document.node(id_);
  document.content_bytes_ -= document.own_content(node) - document.tag_content(node);
  node.attribute_count = 0;
}

void MutableElement::rename(std::string_view name) {
  Document& document = edit();
  const Name number = document.intern_name(name);
  Document::Node& node = document.node(id_);
  document.content_bytes_ -= document.tag_content(node);
  node.name = number;
  document.content_bytes_ += document.tag_content(node);
}

void MutableElement::set_place(int line, int column) {
  Document::Node& node = edit().node(id_);
  node.line = static_cast<std::uint32_t>(line);
  node.column = static_cast<std::uint16_t>(std::min(column, 0xffff));
}

void MutableElement::prepend_comment(std::string_view text) {
  Document& document = edit();
  const ElementId made = document.new_node(Document::Kind::kComment, Name::none());
  document.add_attribute(made, Name::none(), text);
  document.link(made, id_, document.node(id_).first_child);
}

MutableElement MutableElement::append_child(std::string_view name) { return append_child(edit().intern_name(name)); }

MutableElement MutableElement::append_child(Name name) {
  Document& document = edit();
  const ElementId made = document.new_node(Document::Kind::kElement, name);
  document.link(made, id_, ElementId::none());
  return {&document, made};
}

MutableElement MutableElement::insert_child(std::string_view name, const Element& before) {
  Document& document = edit();
  const ElementId made = document.new_node(Document::Kind::kElement, document.intern_name(name));
  document.link(made, id_, before.index());
  return {&document, made};
}

MutableElement MutableElement::append_copy(const Element& source) { return insert_copy(source, Element()); }

MutableElement MutableElement::insert_copy(const Element& source, const Element& before) {
  Document& document = edit();
  const ElementId made = document.copy_subtree(source.document(), source.index());
  document.link(made, id_, before.index());
  return {&document, made};
}

MutableElement MutableElement::ensure_child(std::string_view name) {
  const MutableElement found = first_child(name);
  return found ? found : append_child(name);
}

void MutableElement::move(const MutableElement& new_parent, const Element& before) {
  SIMCLUSTER_ASSERT(document_ == new_parent.document_);
  for (Element at = new_parent; at; at = at.parent()) SIMCLUSTER_ASSERT(at != *this);
  if (before == *this) return;
  edit().unlink(id_);
  edit().link(id_, new_parent.index(), before.index());
}

void MutableElement::remove() {
  Document& document = edit();
  std::vector<ElementId> below = {id_};
  for (std::size_t i = 0; i < below.size(); ++i) {
    for (ElementId c = document.node(below[i]).first_child; c.valid(); c = document.node(c).next) below.push_back(c);
  }
  document.unlink(id_);
  for (const ElementId id : below) {
    Document::Node& node = document.node(id);
    document.content_bytes_ -= document.own_content(node);
    node.kind = Document::Kind::kRemoved;
  }
}

void MutableElement::remove_children() {
  for (const MutableElement child : children()) MutableElement(child).remove();
}

// ---- comparison ----

namespace {

bool same_element(const Element& a, const Element& b) {
  if (a.name() != b.name() || a.attributes().size() != b.attributes().size()) return false;
  for (const Attribute attribute : a.attributes()) {
    if (b.attribute(attribute.name) != attribute.value) return false;
  }
  return true;
}

}  // namespace

bool same_tree(const Element& a, const Element& b) {
  if (!a || !b) return !a && !b;
  Element at = a;
  Element other = b;
  while (true) {
    if (!same_element(at, other)) return false;
    const Element child = at.first_child();
    const Element other_child = other.first_child();
    if (static_cast<bool>(child) != static_cast<bool>(other_child)) return false;
    if (child) {
      at = child;
      other = other_child;
      continue;
    }
    while (at != a) {
      const Element next = at.next_sibling();
      const Element other_next = other.next_sibling();
      if (static_cast<bool>(next) != static_cast<bool>(other_next)) return false;
      if (next) {
        at = next;
        other = other_next;
        break;
      }
      at = at.parent();
      other = other.parent();
    }
    if (at == a) return true;
  }
}

}  // namespace simcluster::cib
