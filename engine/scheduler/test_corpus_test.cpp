#include "engine/scheduler/test_corpus.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "engine/cib/dates.h"
#include "engine/cib/upgrade.h"
#include "engine/scheduler/scheduler.h"

namespace simcluster::scheduler::testing {

fs::path corpus_folder(const std::string& name) {
  const char* shared = std::getenv("SIMCLUSTER_SHARED");
  return fs::path(shared != nullptr ? shared : SIMCLUSTER_SOURCE_DIR "/../shared") / "corpus" / name;
}

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::string case_time(const std::string& cases, const std::string& name) {
  const std::size_t at = cases.find("\"" + name + "\"");
  if (at == std::string::npos) return {};
  const std::size_t begin = cases.find("\"args\"", at);
  const std::string args = cases.substr(begin, cases.find(']', begin) - begin);
  const std::size_t option = args.find("\"-t\"");
  if (option == std::string::npos) return {};
  const std::size_t value = args.find('"', option + 4) + 1;
  return args.substr(value, args.find('"', value) - value);
}

std::vector<std::string> case_names(const fs::path& folder) {
  std::vector<std::string> names;
  if (!fs::exists(folder / "xml")) return names;
  for (const auto& entry : fs::directory_iterator(folder / "xml")) names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

Result<cib::Document> case_document(const fs::path& folder, const std::string& name) {
  auto document = cib::parse_document(read(folder / "xml" / (name + ".xml")), name);
  if (document) cib::upgrade(*document);
  return document;
}

std::int64_t case_now(const cib::Document& document, const std::string& time) {
  if (!time.empty()) return cib::parse_date_time(time, cib::DateTime::from_epoch(0))->to_epoch();
  return execution_date(document).value_or(1'700'000'000);
}

}  // namespace simcluster::scheduler::testing
