// What an operator types: crm shell commands and cibadmin-like changes, turned into CIB requests (AT-9, AT-11.2).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/profile.h"
#include "engine/base/time.h"
#include "engine/cib/crm_edit.h"
#include "engine/controller/controller.h"
#include "engine/node/node.h"

namespace simcluster::node {

class OperatorShell {
 public:
  // Keeps the references; asks the host for the time.
  OperatorShell(const Host& host, controller::Controller& controller, const Profile& profile, std::string own_name,
                const NodeAgents& agents)
      : host_(host), controller_(controller), profile_(profile), own_name_(std::move(own_name)), agents_(agents) {}

  // What the command prints; an error says what was wrong with it, in crmsh's words where it has some.
  Result<std::string> crm(std::string_view command);
  Result<void> load(std::string_view text, std::string_view file_name, LoadMethod method);
  Result<std::string> stonith_admin(std::string_view arguments);
  Result<void> change(CibChange change, std::string_view section, std::string_view xml);
  // `whole_sections`: the release knows no other differences.
  void take(const cib::Document& wanted, CibWish wish, std::string_view client, bool whole_sections);

 private:
  using Words = std::vector<std::string_view>;

  Result<std::string> resource_command(const Words& words);
  Result<std::string> node_command(const Words& words);
  Result<std::string> configure_command(const Words& words, std::string_view command);
  Result<std::string> failcount_command(const Words& words);
  Result<std::string> trace_command(const Words& words);
  Result<std::string> resource_attribute(const Words& words);
  Result<std::string> set_attribute(std::string_view resource, std::string_view set_name, std::string_view name,
                                    std::string_view value);
  Result<std::string> set_meta(std::string_view resource, std::string_view name, std::string_view value);
  // `where`: NODE [LIFETIME] [force].
  Result<std::string> move(std::string_view resource, Words where);
  // What crmsh says of a constraint that crm_resource has made.
  static std::string relocation_text(std::string_view kind, std::string_view resource, std::string_view node);
  Result<std::string> ban(std::string_view resource, std::string_view node, std::string_view lifetime);
  // Puts the resource onto a node, or keeps it away: for ever, or for an ISO 8601 duration.
  Result<std::string> locate(std::string_view resource, std::string_view node, std::string_view lifetime, bool away);
  Result<std::string> clear(std::string_view resource);
  Result<std::string> node_attribute_command(const Words& words);
  Result<std::string> delete_node(std::string_view node);
  Result<std::string> standby_command(const Words& words);
  Result<std::string> servers(const Words& names) const;
  // No value: deleted, or shown.
  Result<std::string> status_attribute(std::string_view node, std::string_view name, bool show,
                                       std::optional<std::string_view> value);
  // `kind`: the element of the set, instance_attributes or utilization.
  Result<std::string> node_attribute(std::string_view node, std::string_view name, std::string_view value,
                                     std::string_view kind = "instance_attributes");
  // Resources that run only with --force among the words.
  Result<std::string> show(const Words& words) const;
  Result<std::string> get_property(Words words) const;
  // PATH is ID.NAME, ID.OPERATION.NAME or ID.OPERATION.INTERVAL.NAME.
  Result<std::string> set_value(std::string_view path, std::string_view value);
  Result<std::string> list_templates() const;
  Result<std::string> default_timeouts(const Words& ids);
  Result<std::string> erase(Words ids);
  Result<std::string> rename(const Words& words);
  Result<std::string> edit_text(const Words& words, cib::ObjectText form);
  // A change of which nothing is said.
  static Result<std::string> silent(const Result<void>& done) {
    if (!done) return tl::unexpected(done.error());
    return std::string();
  }
  // The same for a change that crmsh checks before it commits it (AT-7.8): what it says. Refused, nothing has changed.
  Result<std::string> commit(const std::function<Result<void>(cib::Document&)>& change);
  Result<std::string> verify() const;
  // Changes a copy of the configuration and puts it in the place of the old one.
  Result<void> edit(const std::function<Result<void>(cib::Document&)>& change);
  std::vector<cib::Element> fail_counts(std::string_view node, std::string_view resource) const;
  // What the status section has of a node's transient attributes.
  std::vector<cib::Element> transient_pairs(std::string_view node) const;
  // The node's entry; an error when there is none.
  Result<cib::Element> find_node(std::string_view name) const;
  std::string node_text(const cib::Element& node) const;
  Result<std::string> show_nodes(const Words& words) const;
  std::string forgotten_text(std::string_view resource, std::string_view node) const;
  bool is_active(const cib::Element& resource) const;
  Result<cib::Element> find_resource(std::string_view id) const;
  // Name of the node where the resource's history says that it runs; empty: nowhere.
  std::string active_node(std::string_view resource) const;

  const Host& host_;
  controller::Controller& controller_;
  const Profile& profile_;
  std::string own_name_;
  const NodeAgents& agents_;
  bool forced_ = false;  // by crm -F, for the command at hand
};

}  // namespace simcluster::node
