// The regression corpora, which live beside this repository (S5 chapter N).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "engine/cib/document.h"

namespace simcluster::scheduler::testing {

namespace fs = std::filesystem;

// Below SIMCLUSTER_SHARED, else beside the source tree. It need not exist.
fs::path corpus_folder(const std::string& name);
// The whole file, empty when there is none.
std::string read(const fs::path& file);
// The names of a corpus' cases, sorted; none when the corpus is not there.
std::vector<std::string> case_names(const fs::path& folder);
// The value of -t in cases.json (its text is `cases`), empty when the case has none.
std::string case_time(const std::string& cases, const std::string& name);
// The upgraded document of a case.
Result<cib::Document> case_document(const fs::path& folder, const std::string& name);
// When the case happens; `time` is case_time().
std::int64_t case_now(const cib::Document& document, const std::string& time);

}  // namespace simcluster::scheduler::testing
