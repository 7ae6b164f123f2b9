// Builds CIB elements from crm shell statements. Internal to the crm shell reader.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/cib/crm_lexer.h"
#include "engine/cib/crm_roles.h"
#include "engine/cib/document.h"
#include "engine/cib/values.h"

namespace simcluster::cib {

// Thrown inside the builder only; apply_crm_shell turns it into an error value.
struct CrmSyntaxError {
  Error error;
};

// The words of one statement, read from left to right.
class CrmCursor {
 public:
  CrmCursor(const CrmStatement& statement, std::string_view file)
      : words_(statement.words), raw_(statement.raw), file_(file) {}

  bool done() const { return at_ == words_.size(); }
  const CrmWord& peek() const { return words_[at_]; }
  bool next_is(std::string_view keyword) const { return !done() && equal_ignoring_case(peek().text, keyword); }
  // The next word is `key=...` of that key.
  bool next_is_pair(std::string_view key) const { return !done() && peek().is_pair() && peek().key() == key; }
  bool accept(std::string_view keyword);
  // The next word; an error that names `expected` when there is none.
  const CrmWord& take(std::string_view expected);
  // An error at the next word (or behind the last one).
  [[noreturn]] void fail_here(std::string_view message) const;
  [[noreturn]] void fail_at(const CrmWord& word, std::string_view message) const;
  const CrmWord& keyword() const { return words_.front(); }
  // The word of that place, or the last one.
  const CrmWord& at(std::size_t place) const { return words_[place < words_.size() ? place : words_.size() - 1]; }
  std::string_view raw() const { return raw_; }
  void skip_rest() { at_ = words_.size(); }

 private:
  const std::vector<CrmWord>& words_;
  std::string_view raw_;
  std::string_view file_;
  std::size_t at_ = 0;
};

class CrmBuilder {
 public:
  // Changes `cib` in place.
  CrmBuilder(Document& cib, std::string_view file)
      : cib_(cib), before_(cib), old_roles_(has_old_roles(cib)), file_(file) {}

  // One statement, of any kind. `position` is its place among all statements, for the order of new resources. What it
  // makes gets the statement's place in the text, for later messages.
  void apply(const CrmStatement& statement, std::size_t position);
  // Puts the resources made in this load into the order of their statements (AT-7.4).
  void finish();
  // Statements are applied by ascending pass, so that a container may stand before what it contains. -1: no such
  // keyword.
  static int pass_of(const CrmStatement& statement);

 private:
  void read(const CrmStatement& statement, std::size_t position);
  void keep_comments(const std::vector<CrmWord>& comments, std::size_t first_new);
  MutableElement object_made(std::size_t first_new);

  // crm_attributes.cpp
  void read_attributes(CrmCursor& in, MutableElement owner, std::string_view kind, std::string_view set_id);
  // `replace`: a name that the set has already gets the new value; else it is there twice.
  // A rule stands in front of the values.
  void read_attribute_list(CrmCursor& in, MutableElement set, bool replace);
  void read_rule(CrmCursor& in, MutableElement parent);
  void read_expression(CrmCursor& in, MutableElement rule);
  void read_date(CrmCursor& in, MutableElement rule);
  std::string referred_id(std::string_view id, std::string_view kind) const;
  void put_nvpair(MutableElement set, std::string_view name, std::string_view value, bool replace);
  void property_set(CrmCursor& in, std::string_view section, std::string_view kind, std::string_view default_id);
  // The element that bears this id as its own: not a node, not a reference, nothing in the status section.
  Element find_object(std::string_view id) const;
  // What was there of an element, before the object it belongs to was defined anew: ids are kept.
  Element before(const Element& element) const;
  // The id of an element that was there, if it is free; else a new one.
  std::string kept_id(const Element& old, std::string wanted) const;
  // Ids as AT-7.3: the wanted one if free, else with -0, -1, ... behind it.
  std::string free_id(std::string wanted) const;
  MutableElement append_with_id(MutableElement parent, std::string_view name, std::string wanted_id);
  static std::optional<std::string> score_word(std::string_view word);
  static std::string score_text(std::string_view score);
  // As the schema has it.
  std::string_view role_name(std::string_view role) const { return old_roles_ ? old_role(role) : role; }
  // The same for any writing.
  std::string role_text(std::string_view role) const;
  static bool is_role(std::string_view role);

  // crm_resources.cpp
  void node(CrmCursor& in);
  void primitive(CrmCursor& in, std::string_view element);
  void read_type(CrmCursor& in, MutableElement element, bool is_template);
  void read_primitive_parts(CrmCursor& in, MutableElement element);
  void read_operation(CrmCursor& in, MutableElement element);
  void monitor(CrmCursor& in);
  void container(CrmCursor& in, std::string_view element);
  void read_container_tail(CrmCursor& in, MutableElement element);
  void tag(CrmCursor& in);
  MutableElement define_again(CrmCursor& in, const CrmWord& id, const Element& present, std::string_view element);
  // An error where the text has defined it already.
  void define_once(const CrmCursor& in, std::string_view id);
  MutableElement new_object(CrmCursor& in, const CrmWord& id, std::string_view section, std::string_view element);
  void add_member(CrmCursor& in, const CrmWord& name, MutableElement container);
  MutableElement take_member(CrmCursor& in, const CrmWord& name, bool primitives_only = false);
  MutableElement section(std::string_view name);

  // crm_constraints.cpp
  void location(CrmCursor& in);
  void colocation(CrmCursor& in);
  void order(CrmCursor& in);
  void rsc_ticket(CrmCursor& in);
  void fencing_topology(CrmCursor& in);
  struct LevelTarget;
  void add_level(MutableElement topology, const LevelTarget& target, std::string_view devices, int index);
  std::string level_id(const Element& old_topology, const Element& level) const;
  struct Member;
  Member read_member(CrmCursor& in, bool role_after_colon);
  void check_resource(CrmCursor& in, const CrmWord& word, std::string_view name);
  bool read_sets(CrmCursor& in, MutableElement constraint, bool actions);
  void read_set_members(CrmCursor& in, MutableElement constraint, bool actions, std::string_view closing);
  bool resource_exists(std::string_view name) const;

  // crm_other.cpp
  void bundle(CrmCursor& in);
  void acl_role(CrmCursor& in);
  void acl_subject(CrmCursor& in, std::string_view element);
  void read_select(CrmCursor& in, MutableElement alert);
  void alert(CrmCursor& in);
  void xml(CrmCursor& in);

  Document& cib_;
  const Document before_;
  const bool old_roles_;
  std::string file_;
  std::size_t position_ = 0;
  std::vector<std::pair<std::size_t, std::string>> made_;  // statement and id of resources made in this load
  std::vector<std::pair<std::string, int>> defined_;       // ids and lines of the objects of this load
};

}  // namespace simcluster::cib
