// Writes a generated cluster: generate_cluster FAMILY PRIMITIVES > cib.xml
#include <charconv>
#include <cstdio>
#include <string_view>

#include "bench/cluster_families.h"

int main(int argc, char** argv) {
  using namespace simcluster::bench;
  const std::string_view number = argc == 3 ? argv[2] : "";
  int primitives = 0;
  const bool valid = std::from_chars(number.data(), number.data() + number.size(), primitives).ec == std::errc();
  for (const ClusterFamily& family : cluster_families()) {
    if (!valid || family.name != argv[1]) continue;
    const std::string text = generate_cluster(family.shape(primitives));
    return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 1;
  }
  std::fputs("Usage: generate_cluster FAMILY PRIMITIVES\nFamilies:", stderr);
  for (const ClusterFamily& family : cluster_families()) {
    std::fprintf(stderr, " %.*s", static_cast<int>(family.name.size()), family.name.data());
  }
  std::fputs("\n", stderr);
  return 2;
}
