// How a declared type tells its keys: name, type, help. One declaration drives the loader of scenario files, the JSON
// Schema and the "did you mean" of error messages, so that they cannot drift apart.
//
// A type declares itself by calling one member per key. A reading visitor fills the values in and leaves a value
// untouched when its key is absent; a describing visitor (the schema writer) only takes notes.
// A key with an empty name stands for the value itself (items of lists, entries of maps, short forms).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/address.h"
#include "engine/base/error.h"
#include "engine/base/time.h"

namespace simcluster::sim {

struct Key {
  std::string_view name;
  std::string_view help;
  bool required = false;
};

inline Key required(std::string_view name, std::string_view help) { return {name, help, true}; }

// What a name must be the name of.
enum class Reference : std::uint8_t {
  kMachine,      // a node or a host
  kClusterNode,  // a node
  kNetwork,
  kTrunk,
  kInterface,  // of the machine that the same object named just before
  kDevice,     // a block device, likewise
  kResource,   // a resource of the configuration
};

// An address with a prefix length: 192.168.4.11/24.
struct AddressPrefix {
  IpAddress address;
  int length = 0;
};

// A text in a foreign language (crm shell, XML, corosync.conf), and where its first line stands.
struct TextBlock {
  std::string name;  // key of the entry, for blocks in maps
  std::string text;
  SourcePlace place;  // of the first line of `text`; column: of the first character of that line
};

// Whether a single value may stand for a list or map of one.
enum class Style : std::uint8_t { kStrict, kOneOrMany };

class Fields {
 public:
  virtual ~Fields() = default;

  virtual void text(const Key& key, std::string& value) = 0;
  virtual void block(const Key& key, TextBlock& value) = 0;
  // The path of a file with such a text, relative to the file that names it. Reads it.
  virtual void file(const Key& key, TextBlock& value) = 0;
  virtual void boolean(const Key& key, bool& value) = 0;
  virtual void integer(const Key& key, std::int64_t& value, std::int64_t low, std::int64_t high) = 0;
  // Not negative, with a unit: 10s, 1h30m, 100us.
  virtual void duration(const Key& key, Duration& value) = 0;
  // YYYY-MM-DD HH:MM:SS, UTC.
  virtual void instant(const Key& key, Time& value) = 0;
  // A percentage, kept as parts per million.
  virtual void share(const Key& key, std::uint32_t& parts) = 0;
  virtual void address(const Key& key, IpAddress& value) = 0;
  virtual void prefix(const Key& key, AddressPrefix& value) = 0;
  // Sets `value` to the index of the name in `names`.
  virtual void choice(const Key& key, std::size_t& value, std::span<const std::string_view> names) = 0;
  virtual void reference(const Key& key, std::string& value, Reference kind) = 0;
  // The name of a trace event kind.
  virtual void event_kind(const Key& key, std::string& value) = 0;
  // Any names with texts or numbers.
  virtual void pairs(const Key& key, std::vector<std::pair<std::string, std::string>>& value) = 0;

  // Objects: false when the key is absent; then do not call end_object.
  virtual bool begin_object(const Key& key) = 0;
  virtual void end_object() = 0;
  // Like an object, for a value that is read with an empty key.
  virtual bool begin_value(const Key& key) = 0;
  virtual void end_value() = 0;
  // Lists and maps: the number of items. Call begin_item/end_item for each, then end_list, also for an empty one.
  virtual std::size_t begin_list(const Key& key, Style style) = 0;
  // Maps of named things. begin_item returns the name of the entry.
  virtual std::size_t begin_map(const Key& key, Style style) = 0;
  virtual std::string begin_item(std::size_t index) = 0;
  virtual void end_item() = 0;
  virtual void end_list() = 0;

  // Exactly one of these keys, or at most one.
  virtual void one_of(std::span<const std::string_view> names, bool none_allowed) = 0;
  // Until partial(false), everything may be absent: the keys are laid upon others. Only describing visitors care.
  virtual void partial(bool) {}
  virtual bool given(std::string_view name) const = 0;
  // Of the key's value, or of the object when the key is absent.
  virtual SourcePlace place(std::string_view name) const = 0;
  virtual void fail(SourcePlace place, std::string message) = 0;

  void one_of(std::initializer_list<std::string_view> names, bool none_allowed = false) {
    one_of(std::span<const std::string_view>(names.begin(), names.size()), none_allowed);
  }
  void duration(const Key& key, std::optional<Duration>& value) {
    Duration read;
    duration(key, read);
    if (given(key.name)) value = read;
  }
  // The narrower integers.
  template <class T>
  void number(const Key& key, T& value, std::int64_t low, std::int64_t high) {
    auto wide = static_cast<std::int64_t>(value);
    integer(key, wide, low, high);
    value = static_cast<T>(wide);
  }
  template <class T>
  void number(const Key& key, std::optional<T>& value, std::int64_t low, std::int64_t high) {
    std::int64_t wide = low;
    integer(key, wide, low, high);
    if (given(key.name)) value = static_cast<T>(wide);
  }
  template <class F>
  void object(const Key& key, F&& describe_members) {
    if (!begin_object(key)) return;
    describe_members();
    end_object();
  }
  // Appends an item per entry; `describe_item(item, name)` reads it. The name is empty for lists.
  template <class T, class F>
  void list(const Key& key, std::vector<T>& out, F&& describe_item, Style style = Style::kStrict) {
    items(begin_list(key, style), out, describe_item);
  }
  template <class T, class F>
  void map(const Key& key, std::vector<T>& out, F&& describe_item, Style style = Style::kStrict) {
    items(begin_map(key, style), out, describe_item);
  }

 private:
  template <class T, class F>
  void items(std::size_t count, std::vector<T>& out, F&& describe_item) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::string name = begin_item(i);
      T item{};
      describe_item(item, name);
      end_item();
      out.push_back(std::move(item));
    }
    end_list();
  }
};

}  // namespace simcluster::sim
