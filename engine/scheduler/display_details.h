// The optional sections of the status block (S2 D-20.22 to D-20.25). Each writes the empty line before its heading.
#pragma once

#include "engine/scheduler/display.h"

namespace simcluster::scheduler {

void write_node_attributes(Model& model, TextList& list, std::string& out);
void write_migration_summary(Model& model, TextList& list, std::string& out);
void write_failed_actions(Model& model, TextList& list, std::string& out);

}  // namespace simcluster::scheduler
