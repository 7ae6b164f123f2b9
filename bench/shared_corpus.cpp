#include "bench/shared_corpus.h"

#include <algorithm>
#include <cstdlib>

namespace simcluster::bench {

std::vector<std::filesystem::path> corpus_files() {
  namespace fs = std::filesystem;
  const char* shared = std::getenv("SIMCLUSTER_SHARED");
  const fs::path folder = fs::path(shared != nullptr ? shared : SIMCLUSTER_SOURCE_DIR "/../shared");
  std::vector<fs::path> files;
  std::error_code none;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder / "corpus/scheduler/xml", none)) {
    if (entry.path().extension() == ".xml") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace simcluster::bench
