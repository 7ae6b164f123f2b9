// One function per kind of constraint element (S1 chapters 13 to 16).
#pragma once

#include "engine/cib/document.h"

namespace simcluster::scheduler {

struct Model;

void unpack_location(Model& model, const cib::Element& xml);
void unpack_colocation(Model& model, const cib::Element& xml);
void unpack_order(Model& model, const cib::Element& xml);
void unpack_ticket_constraint(Model& model, const cib::Element& xml);

}  // namespace simcluster::scheduler
