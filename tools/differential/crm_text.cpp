// The crm shell's language on its own, for compare_crm_shell.py.
//   crm_text show CIB.xml      the configuration as `crm configure show` prints it
//   crm_text load TEXT         the CIB that `crm configure load update` makes of an empty one
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
  const std::string_view what = argc == 3 ? argv[1] : "";
  if (what == "show") {
    const auto document = cib::parse_document(content(argv[2]), argv[2]);
    if (!document) return complain(document.error());
    std::fputs(cib::write_crm_shell(*document).c_str(), stdout);
    return 0;
  }
  if (what == "load") {
    const auto document = cib::parse_crm_shell(content(argv[2]), argv[2]);
    if (!document) return complain(document.error());
    std::fputs(cib::write_document(*document).c_str(), stdout);
    return 0;
  }
  std::fputs("Usage: crm_text show CIB.xml | crm_text load TEXT\n", stderr);
  return 2;
}
