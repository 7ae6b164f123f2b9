// What a message of the scheduler is about, by the function that says it (runs of 2.1.5 over many inputs).
#pragma once

#include <string_view>

namespace simcluster::scheduler {

// An error about what the cluster is doing; all others are about its configuration.
bool is_error_of_the_run(std::string_view function);

}  // namespace simcluster::scheduler
