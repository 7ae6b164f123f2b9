// The kinds of clusters that the scheduler is measured with, each in any size.
#pragma once

#include <span>
#include <string_view>

#include "bench/cluster_generator.h"

namespace simcluster::bench {

struct ClusterFamily {
  std::string_view name;
  ClusterShape (*shape)(int primitives);  // primitives: instances that may run, whatever they are part of
};

std::span<const ClusterFamily> cluster_families();

}  // namespace simcluster::bench
