// What is wrong with the cluster options, for the log (S1 C-5.2 to C-5.9).
#pragma once

#include "engine/scheduler/model.h"

namespace simcluster::scheduler {

// `values` as collected from the configuration; the options of the model are final.
void tell_about_options(const Model& model, const Pairs& values);

}  // namespace simcluster::scheduler
