// The crm shell's language on its own, for compare_crm_shell.py.
//   crm_text show CIB.xml                  the configuration as `crm configure show` prints it
//   crm_text update|replace TEXT CIB.xml   the CIB that `crm configure load` makes of this one
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "engine/cib/crm_shell.h"

namespace {

std::string content(const char* file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

int complain(const simcluster::Error& error) {
  std::fprintf(stderr, "%s\n", error.text().c_str());
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace simcluster;
  const std::string_view what = argc > 1 ? argv[1] : "";
  const bool replace = what == "replace";
  const bool load = argc == 4 && (replace || what == "update");
  if (!load && (argc != 3 || what != "show")) {
    std::fputs("Usage: crm_text show CIB.xml | crm_text update|replace TEXT CIB.xml\n", stderr);
    return 2;
  }
  const char* const file = argv[argc - 1];
  auto document = cib::parse_document(content(file), file);
  if (!document) return complain(document.error());
  if (!load) {
    std::fputs(cib::write_crm_shell(*document).c_str(), stdout);
    return 0;
  }
  const auto method = replace ? cib::CrmLoad::kReplace : cib::CrmLoad::kUpdate;
  if (auto loaded = cib::apply_crm_shell(*document, content(argv[2]), argv[2], method); !loaded)
    return complain(loaded.error());
  std::fputs(cib::write_document(*document).c_str(), stdout);
  return 0;
}
