// The public scheduler corpus, which is no part of this repository.
#pragma once

#include <filesystem>
#include <vector>

namespace simcluster::bench {

// Its inputs by name: in SIMCLUSTER_SHARED, else beside the source folder. Empty when it is not there.
std::vector<std::filesystem::path> corpus_files();

}  // namespace simcluster::bench
