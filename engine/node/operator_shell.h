// What an operator types: crm shell commands and cibadmin-like changes, turned into CIB requests (AT-9, AT-11.2).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/time.h"
#include "engine/cib/crm_edit.h"
#include "engine/controller/controller.h"
#include "engine/node/node.h"

namespace simcluster::node {

class OperatorShell {
 public:
  // Keeps the references; asks the host for the time.
  OperatorShell(const Host& host, controller::Controller& controller, std::string own_name)
      : host_(host), controller_(controller), own_name_(std::move(own_name)) {}

  Result<void> crm(std::string_view command);
  Result<void> load(std::string_view text, std::string_view file_name, LoadMethod method);
  Result<std::string> stonith_admin(std::string_view arguments);
  Result<void> change(CibChange change, std::string_view section, std::string_view xml);

 private:
  using Words = std::vector<std::string_view>;

  Result<void> resource_command(const Words& words);
  Result<void> node_command(const Words& words);
  Result<void> configure_command(const Words& words, std::string_view command);
  Result<void> failcount_command(const Words& words);
  Result<void> resource_attribute(const Words& words);
  Result<void> set_attribute(std::string_view resource, std::string_view set_name, std::string_view name,
                             std::string_view value);
  Result<void> set_meta(std::string_view resource, std::string_view name, std::string_view value);
  // `where`: NODE [LIFETIME] [force].
  Result<void> move(std::string_view resource, Words where);
  Result<void> ban(std::string_view resource, std::string_view node, std::string_view lifetime);
  // Puts the resource onto a node, or keeps it away: for ever, or for an ISO 8601 duration.
  Result<void> locate(std::string_view resource, std::string_view node, std::string_view lifetime, bool away);
  Result<void> clear(std::string_view resource);
  Result<void> node_attribute_command(const Words& words);
  Result<void> delete_node(std::string_view node);
  Result<void> standby(std::string_view node, std::string_view lifetime);
  // `kind`: the element of the set, instance_attributes or utilization.
  Result<void> node_attribute(std::string_view node, std::string_view name, std::string_view value,
                              std::string_view kind = "instance_attributes");
  // Resources that run only with --force among the words.
  Result<void> erase(Words ids);
  Result<void> rename(const Words& words);
  Result<void> edit_text(std::string_view command, cib::ObjectText form);
  // Changes a copy of the configuration and puts it in the place of the old one.
  Result<void> edit(const std::function<Result<void>(cib::Document&)>& change);
  bool is_active(const cib::Element& resource) const;
  Result<cib::Element> find_resource(std::string_view id) const;
  // Name of the node where the resource's history says that it runs; empty: nowhere.
  std::string active_node(std::string_view resource) const;

  const Host& host_;
  controller::Controller& controller_;
  std::string own_name_;
};

}  // namespace simcluster::node
