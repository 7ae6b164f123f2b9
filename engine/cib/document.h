// The CIB (or any XML of the cluster) as a mutable tree in flat arrays: elements are numbers, names are small integers,
// attribute values stand in an arena. The order of elements and attributes is kept.
//
// Handles (Element, MutableElement) are two words, cheap to copy, and stay valid until the element is removed, the
// document is compacted, assigned to, moved or destroyed. Views of attribute values stay valid as long as the document
// or any copy of it exists (also when the attribute is changed or removed), unless the document is compacted.
// Copying a document copies the arrays and shares the values: cheap, and independent afterwards. A document must not be
// used by two threads at once, its copies may.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/ids.h"
#include "engine/cib/names.h"

namespace simcluster::cib {

class Document;
class Element;
class MutableElement;

using ElementId = Id<struct ElementTag>;

// One attribute as seen from outside.
struct Attribute {
  Name name_id;
  std::string_view name;
  std::string_view value;
};

// The attributes of one element, in order.
class AttributeRange {
 public:
  class Iterator {
   public:
    Iterator(const Document* document, std::uint32_t at) : document_(document), at_(at) {}
    Attribute operator*() const;
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    const Document* document_;
    std::uint32_t at_;
  };

  AttributeRange(const Document* document, std::uint32_t first, std::uint32_t count)
      : document_(document), first_(first), count_(count) {}
  Iterator begin() const { return {document_, first_}; }
  Iterator end() const { return {document_, first_ + count_}; }
  std::size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }

 private:
  const Document* document_;
  std::uint32_t first_;
  std::uint32_t count_;
};

// Child elements in order, all or those of one name. Comments are skipped. Removing the current element while iterating
// is allowed for MutableElement (the iterator has looked ahead).
template <class Handle>
class ChildRange {
 public:
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Handle;
    using difference_type = std::ptrdiff_t;
    using pointer = const Handle*;
    using reference = Handle;

    Iterator() = default;
    Iterator(Handle at, Name name) : at_(at), name_(name) { look_ahead(); }
    Handle operator*() const { return at_; }
    const Handle* operator->() const { return &at_; }
    Iterator& operator++() {
      at_ = next_;
      look_ahead();
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++*this;
      return before;
    }
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    void look_ahead() {
      if (at_) next_ = name_.valid() ? at_.next_sibling(name_) : at_.next_sibling();
    }
    Handle at_;
    Handle next_;
    Name name_;
  };

  ChildRange(Handle first, Name name) : first_(first), name_(name) {}
  Iterator begin() const { return {first_, name_}; }
  Iterator end() const { return {}; }
  bool empty() const { return !first_; }

 private:
  Handle first_;
  Name name_;
};

// A handle for reading. The default value is "none"; asking a none for anything but operator bool is a mistake, except
// that attribute(), value(), has(), first_child() and children() of none answer "nothing".
class Element {
 public:
  Element() = default;
  Element(const Document* document, ElementId id) : document_(document), id_(id) {}

  explicit operator bool() const { return id_.valid(); }
  bool operator==(const Element& other) const {
    return id_ == other.id_ && (document_ == other.document_ || !id_.valid());
  }

  // The element's number in its document: dense, and the same in copies of the document.
  ElementId index() const { return id_; }
  const Document& document() const { return *document_; }

  std::string_view name() const;
  Name name_id() const;
  bool is(Name name) const { return id_.valid() && name_id() == name; }
  bool is(std::string_view text) const { return id_.valid() && name() == text; }

  std::optional<std::string_view> attribute(Name name) const;
  std::optional<std::string_view> attribute(std::string_view name) const;
  // The attribute's value, or `fallback` when it is absent.
  std::string_view value(Name name, std::string_view fallback = {}) const { return attribute(name).value_or(fallback); }
  std::string_view value(std::string_view name, std::string_view fallback = {}) const {
    return attribute(name).value_or(fallback);
  }
  bool has(Name name) const { return attribute(name).has_value(); }
  bool has(std::string_view name) const { return attribute(name).has_value(); }
  // The `id` attribute, empty when absent.
  std::string_view id() const { return value(names::kId); }
  AttributeRange attributes() const;

  Element parent() const;
  Element first_child() const;
  Element first_child(Name name) const;
  Element first_child(std::string_view name) const;
  Element next_sibling() const;
  Element next_sibling(Name name) const;
  Element previous_sibling() const;
  ChildRange<Element> children() const { return {first_child(), Name::none()}; }
  ChildRange<Element> children(Name name) const { return {first_child(name), name}; }
  ChildRange<Element> children(std::string_view name) const;
  // The first child of that name whose attribute has that value; none when there is no such child.
  Element child_with(Name name, Name attribute, std::string_view value) const;
  Element child_with_id(Name name, std::string_view id) const { return child_with(name, names::kId, id); }
  std::size_t child_count() const;
  // The next element in document order inside `scope` (which is left out); none at the end.
  Element next_in(const Element& scope) const;

  // The texts of the comments that stand directly in it, in order.
  std::vector<std::string_view> comments() const;

  // Where the start tag stands in the input; line 0 for elements that were not parsed.
  SourcePlace place() const;
  int line() const;
  int column() const;

 protected:
  const Document* document_ = nullptr;
  ElementId id_;
};

// A handle for reading and changing.
class MutableElement : public Element {
 public:
  MutableElement() = default;
  MutableElement(Document* document, ElementId id) : Element(document, id) {}

  MutableElement parent() const;
  MutableElement first_child() const;
  MutableElement first_child(Name name) const;
  MutableElement first_child(std::string_view name) const;
  MutableElement next_sibling() const;
  MutableElement next_sibling(Name name) const;
  MutableElement child_with(Name name, Name attribute, std::string_view value) const;
  MutableElement child_with_id(Name name, std::string_view id) const { return child_with(name, names::kId, id); }
  ChildRange<MutableElement> children() const { return {first_child(), Name::none()}; }
  ChildRange<MutableElement> children(Name name) const { return {first_child(name), name}; }
  ChildRange<MutableElement> children(std::string_view name) const;

  // Sets the value in place, or appends the attribute at the end. The text is copied.
  MutableElement& set_attribute(Name name, std::string_view value);
  MutableElement& set_attribute(std::string_view name, std::string_view value);
  MutableElement& set_attribute(Name name, std::int64_t value);
  MutableElement& set_attribute(std::string_view name, std::int64_t value);
  // True when there was one.
  bool remove_attribute(Name name);
  bool remove_attribute(std::string_view name);
  void remove_all_attributes();
  void rename(std::string_view name);
  // For elements made from another notation than XML: where they stand in the user's input.
  void set_place(int line, int column);

  MutableElement append_child(std::string_view name);
  MutableElement append_child(Name name);
  // `before` is a child of this element; none means at the end.
  MutableElement insert_child(std::string_view name, const Element& before);
  // Deep copies, from this or another document.
  MutableElement append_copy(const Element& source);
  MutableElement insert_copy(const Element& source, const Element& before);
  // The first child of that name, appended when there is none.
  MutableElement ensure_child(std::string_view name);
  // Before everything that stands in it. The text must be fit for an XML comment.
  void prepend_comment(std::string_view text);
  // Moves this element (with all below it) to stand before `before` (none: last) among the children of `parent`, which
  // belongs to the same document and does not stand below this element.
  void move(const MutableElement& parent, const Element& before);
  // Takes the element and all below it out of the document. All handles into it become invalid.
  void remove();
  void remove_children();

 private:
  Document& edit() const;
};

class Document {
 public:
  Document();
  Document(const Document&) = default;
  Document(Document&&) noexcept = default;
  Document& operator=(const Document&) = default;
  Document& operator=(Document&&) noexcept = default;
  ~Document();

  // None in a document that has no root yet.
  Element root() const { return {this, root_}; }
  MutableElement root() { return {this, root_}; }
  // Makes an empty root element; the document must not have one.
  MutableElement create_root(std::string_view name);
  Element element(ElementId id) const { return {this, id}; }
  // The handle for changing an element of this very document (or of the one it was copied from).
  MutableElement edit(const Element& element) { return {this, element.index()}; }

  // The first element with that `id` attribute: in document order for a freshly parsed or compacted document, after
  // that in the order in which elements were added. None when there is none. The first call builds an index.
  Element find_id(std::string_view id) const;
  // The same for elements of one name.
  Element find_id(Name name, std::string_view id) const;
  // The element of that name and id when exactly one exists, else none (S1 C-6.1).
  Element find_unique_id(Name name, std::string_view id) const;
  // Every element with that id.
  std::vector<Element> find_all_id(std::string_view id) const;
  // The element of that name when exactly one exists anywhere below the root, else none (S1 C-4.1). Walks the whole
  // document.
  Element find_unique(Name name) const;
  // The element at a path of names from the root's children on ("configuration/resources"): first match at every step.
  Element find_path(std::string_view path) const;
  MutableElement find_path(std::string_view path);

  // The number of a name in this document; none when no element or attribute ever had it.
  Name find_name(std::string_view text) const { return names_->find(text); }
  std::string_view name_text(Name name) const { return names_->text(name); }

  // The name given at parsing, for messages.
  const std::string& file_name() const { return *file_name_; }
  void set_file_name(std::string_view name);

  // Where CDATA sections with text stand outside of <status>: nothing reads them, and no schema accepts them.
  const std::vector<SourcePlace>& character_data() const { return character_data_; }

  // One more than the largest ElementId in use: the size for tables indexed by it.
  std::size_t element_capacity() const { return nodes_.size(); }
  std::size_t memory_bytes() const;
  // What is in it: the bytes of its names, values and comments, and of what stands around them in XML. The same for the
  // same content, however it came about.
  std::size_t content_bytes() const { return content_bytes_; }
  // Drops the room of what was removed or overwritten. Renumbers elements in document order; all handles and views
  // become invalid.
  void compact();

  // Notes what is changed from here on, so that it can be taken back; this costs what the changes cost. Until one of
  // the two calls below the document must not be compacted, assigned to or moved; copies of it note nothing.
  void begin_changes();
  void keep_changes();
  // The document is what it was at begin_changes(), and so are handles of that time.
  void take_back_changes();
  // Shows the document as it was at begin_changes(); the next call shows the changes again. For reading only.
  void swap_changes();

 private:
  friend class Element;
  friend class MutableElement;
  friend class AttributeRange;
  friend class DocumentBuilder;
  friend class DocumentWriter;

  enum class Kind : std::uint8_t { kElement, kComment, kRemoved };

  // Comments are nodes too; their text is their only attribute.
  struct Node {
    Name name;
    ElementId parent;
    ElementId first_child;
    ElementId last_child;
    ElementId next;
    ElementId previous;
    std::uint32_t first_attribute = 0;
    std::uint16_t attribute_count = 0;
    std::uint16_t attribute_capacity = 0;
    std::uint32_t line = 0;
    std::uint16_t column = 0;
    Kind kind = Kind::kElement;
  };
  struct StoredAttribute {
    const char* text;
    std::uint32_t length;
    Name name;
    std::string_view value() const { return {text, length}; }
  };
  // Blocks are written once and shared by copies; a copy begins a block of its own.
  struct ValueArena {
    std::vector<std::shared_ptr<char[]>> blocks;
    std::shared_ptr<char[]> open;  // the block that this document may append to
    std::size_t used = 0;
    std::size_t capacity = 0;
    std::size_t next_size = 4096;
    std::size_t bytes = 0;  // of all blocks

    ValueArena() = default;
    ValueArena(const ValueArena& other) : blocks(other.blocks), bytes(other.bytes) {}
    ValueArena(ValueArena&&) noexcept = default;
    ValueArena& operator=(const ValueArena& other);
    ValueArena& operator=(ValueArena&&) noexcept = default;
    const char* store(std::string_view text);
  };
  struct IdIndex {
    std::vector<ElementId> slots;  // open addressing; entries are checked when read, so stale ones do no harm
    std::size_t used = 0;
    bool built = false;
  };

  // What begin_changes() notes: nodes and attributes as they were before each change, the oldest first.
  struct Journal {
    std::vector<std::pair<std::size_t, Node>> nodes;
    std::vector<std::pair<std::size_t, StoredAttribute>> attributes;
    std::size_t node_count = 0;
    std::size_t attribute_count = 0;
    ElementId root;
    std::size_t content_bytes = 0;
    bool swapped = false;
  };
  struct JournalOfOne {  // not for copies
    std::unique_ptr<Journal> journal;

    JournalOfOne() = default;
    JournalOfOne(const JournalOfOne&) {}
    JournalOfOne(JournalOfOne&&) noexcept = default;
    JournalOfOne& operator=(const JournalOfOne&) {
      journal.reset();
      return *this;
    }
    JournalOfOne& operator=(JournalOfOne&&) noexcept = default;
    ~JournalOfOne() = default;
  };

  const Node& node(ElementId id) const { return nodes_[id.index()]; }
  // For changing it.
  Node& node(ElementId id) {
    if (noted_.journal) note_node(id);
    return nodes_[id.index()];
  }
  StoredAttribute& attribute_slot(std::size_t at) {
    if (noted_.journal) note_attribute(at);
    return attributes_[at];
  }
  void note_node(ElementId id);
  void note_attribute(std::size_t at);
  std::size_t tag_content(const Node& node) const;
  std::size_t own_content(const Node& node) const;
  std::size_t attribute_content(Name name, std::size_t value_size) const;
  Name intern_name(std::string_view text);
  ElementId new_node(Kind kind, Name name);
  void link(ElementId child, ElementId parent, ElementId before);
  void unlink(ElementId child);
  void add_attribute(ElementId element, Name name, std::string_view value);
  void set_attribute(ElementId element, Name name, std::string_view value);
  ElementId copy_subtree(const Document& source, ElementId from);
  ElementId copy_node(const Document& source, ElementId from);
  ElementId skip_to(ElementId id, Name name) const;
  void index_id(ElementId element) const;
  void grow_index() const;
  void build_index() const;
  template <class Visit>
  void visit_id(std::string_view id, Visit visit) const;

  std::shared_ptr<NameTable> names_;
  std::shared_ptr<const std::string> file_name_;
  std::vector<SourcePlace> character_data_;
  std::vector<Node> nodes_;
  std::vector<StoredAttribute> attributes_;
  ValueArena values_;
  mutable IdIndex index_;
  ElementId root_;
  std::size_t content_bytes_ = 0;
  JournalOfOne noted_;
};

// Same names, attributes (in any order) and child elements (in order). Comments and places do not count.
bool same_tree(const Element& a, const Element& b);

// Bounds for parsing input that cannot be trusted.
struct ParseLimits {
  std::size_t bytes = std::size_t{2} << 30;
  std::size_t elements = 50'000'000;
  std::size_t depth = 200;
  std::size_t attributes_of_one_element = 1000;
};

// Parses XML text. `file_name` is for messages only. Nothing is fetched; entities that a DOCTYPE declares are refused
// where they are used. Text between elements and processing instructions are dropped, comments are kept for
// write_document (S1 C-1.3). Any complaint of the parser, also a warning, is an error, and so is a limit exceeded: one
// sentence with line and column.
Result<Document> parse_document(std::string_view xml, std::string_view file_name, const ParseLimits& limits = {});

// Formats as the cluster's tools write CIB files: two blanks per level, one element a line, attributes in their order.
std::string write_document(const Document& document);
// The same for one element and all below it, as if it were the root; `depth` levels further right.
std::string write_element(const Element& element, int depth = 0);
// On one line, without any white space between elements: the form that is sent, patched and digested.
std::string write_compact(const Element& element);
// Appends `value` with < > & " and control characters escaped as in attribute values (S1 C-18.2).
void append_escaped(std::string& out, std::string_view value);
// Appends ` name="value"`, the value escaped.
void append_attribute(std::string& out, std::string_view name, std::string_view value);

// ---- inline parts of the handles ----

inline Attribute AttributeRange::Iterator::operator*() const {
  const Document::StoredAttribute& stored = document_->attributes_[at_];
  return {stored.name, document_->names_->text(stored.name), stored.value()};
}

inline std::string_view Element::name() const { return document_->names_->text(name_id()); }
inline Name Element::name_id() const { return document_->node(id_).name; }

inline std::optional<std::string_view> Element::attribute(Name name) const {
  if (!id_.valid()) return std::nullopt;
  const Document::Node& node = document_->node(id_);
  const Document::StoredAttribute* at = document_->attributes_.data() + node.first_attribute;
  for (const Document::StoredAttribute* end = at + node.attribute_count; at != end; ++at) {
    if (at->name == name) return at->value();
  }
  return std::nullopt;
}

inline AttributeRange Element::attributes() const {
  const Document::Node& node = document_->node(id_);
  return {document_, node.first_attribute, node.attribute_count};
}

inline Element Element::parent() const { return {document_, document_->node(id_).parent}; }
inline Element Element::first_child() const {
  return id_.valid() ? Element(document_, document_->skip_to(document_->node(id_).first_child, Name::none()))
                     : Element();
}
inline Element Element::first_child(Name name) const {
  return id_.valid() ? Element(document_, document_->skip_to(document_->node(id_).first_child, name)) : Element();
}
inline Element Element::next_sibling() const {
  return {document_, document_->skip_to(document_->node(id_).next, Name::none())};
}
inline Element Element::next_sibling(Name name) const {
  return {document_, document_->skip_to(document_->node(id_).next, name)};
}

inline ElementId Document::skip_to(ElementId id, Name name) const {
  while (id.valid()) {
    const Node& at = node(id);
    if (at.kind == Kind::kElement && (!name.valid() || at.name == name)) break;
    id = at.next;
  }
  return id;
}

inline Document& MutableElement::edit() const { return const_cast<Document&>(*document_); }
inline MutableElement MutableElement::parent() const { return {&edit(), Element::parent().index()}; }
inline MutableElement MutableElement::first_child() const {
  return id_.valid() ? MutableElement(&edit(), Element::first_child().index()) : MutableElement();
}
inline MutableElement MutableElement::first_child(Name name) const {
  return id_.valid() ? MutableElement(&edit(), Element::first_child(name).index()) : MutableElement();
}
inline MutableElement MutableElement::next_sibling() const { return {&edit(), Element::next_sibling().index()}; }
inline MutableElement MutableElement::next_sibling(Name name) const {
  return {&edit(), Element::next_sibling(name).index()};
}

}  // namespace simcluster::cib
