// What the layouts of Pacemaker 1.0 and 1.1 share: node lines, resources, attributes, fail counts and failed actions as
// plain lines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reports/crm_mon_view.h"

namespace simcluster::reports {

class PlainLayout {
 public:
  explicit PlainLayout(const ClusterView& view) : view_(view) {}
  virtual ~PlainLayout() = default;

  std::string write();

 protected:
  virtual void write_header() = 0;
  // The name in "Node <name>: <mode>".
  virtual std::string node_text(const scheduler::Node& node) const = 0;
  virtual std::string_view node_mode(const scheduler::Node& node) const = 0;
  // One primitive with its node.
  virtual std::string primitive_text(const scheduler::Resource& resource) const = 0;
  // One primitive in the list of a node.
  virtual std::string primitive_on_node_text(const scheduler::Resource& resource) const = 0;
  virtual std::string clone_heading(const scheduler::Resource& clone) const = 0;
  virtual void write_clone_lists(const scheduler::Resource& clone, const CloneInstances& instances,
                                 std::string_view prefix) = 0;
  virtual std::string_view summary_heading() const = 0;
  virtual std::string summary_node(const scheduler::Node& node) const = 0;
  virtual void write_failures(const std::vector<ShownFailure>& failures) = 0;
  virtual std::string simple_text() const = 0;

  const ClusterView& view_;
  std::string out_;

 private:
  void write_nodes();
  void write_node_summaries();
  void write_resources();
  void write_resource(const scheduler::Resource& resource, std::string_view prefix);
  void write_clone(const scheduler::Resource& clone, std::string_view prefix);
  void write_attributes();
  void write_fail_counts();
  void write_history(const ShownHistory& history);
  void write_operation(const ShownOperation& operation);
};

}  // namespace simcluster::reports
