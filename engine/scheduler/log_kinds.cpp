#include "engine/scheduler/log_kinds.h"

#include <algorithm>
#include <array>

namespace simcluster::scheduler {

bool is_error_of_the_run(std::string_view function) {
  constexpr std::array<std::string_view, 10> kNames = {"distribute_children",
                                                       "multi_update_interleave_actions",
                                                       "pcmk__primitive_create_actions",
                                                       "stop_resource",
                                                       "unpack_rsc_op",
                                                       "check_recoverable",
                                                       "pcmk__colocation_affects",
                                                       "pcmk__create_graph",
                                                       "colocate_with_group",
                                                       "pcmk__clone_apply_coloc_score"};
  return std::ranges::find(kNames, function) != kNames.end();
}

}  // namespace simcluster::scheduler
