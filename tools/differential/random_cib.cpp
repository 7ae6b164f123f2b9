// Writes random scheduler inputs for comparisons with another scheduler (compare.py).
//
//   random_cib FOLDER FIRST COUNT           random clusters, by seed
//   random_cib FOLDER FIRST COUNT FILE...   random changes of the given CIBs, one file after the other
//
// Makes FOLDER/SEED.xml and FOLDER/SEED.args (arguments for crm_simulate, one a line).
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "engine/scheduler/random_situation.h"

namespace {

using simcluster::cib::Document;
using simcluster::scheduler::testing::RandomEdits;
using simcluster::scheduler::testing::RandomSituation;

bool write(const std::string& stem, Document& document, std::uint64_t seed) {
  RandomEdits(document, seed + 2'000'000'000).settle_defaults();
  std::ofstream arguments(stem + ".args");
  for (const std::string& argument : RandomEdits(document, seed + 1'000'000'000).injections())
    arguments << argument << '\n';
  std::ofstream xml(stem + ".xml");
  xml << simcluster::cib::write_document(document);
  return xml.good() && arguments.good();
}

bool edited(const std::string& stem, const char* file, std::uint64_t seed) {
  std::ifstream in(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  auto document = simcluster::cib::parse_document(text, file);
  if (!document) {
    std::fprintf(stderr, "%s\n", document.error().text().c_str());
    return false;
  }
  RandomEdits(*document, seed).apply(static_cast<int>(1 + seed % 4));
  return write(stem, *document, seed);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: random_cib FOLDER FIRST COUNT [FILE...]\n");
    return 2;
  }
  const std::uint64_t first = std::strtoull(argv[2], nullptr, 10);
  const std::uint64_t count = std::strtoull(argv[3], nullptr, 10);
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const std::string stem = std::string(argv[1]) + "/" + std::to_string(seed);
    bool done = false;
    if (argc > 4) {
      done = edited(stem, argv[4 + seed % static_cast<std::uint64_t>(argc - 4)], seed);
    } else {
      RandomSituation situation(seed);
      done = write(stem, situation.document(), seed);
    }
    if (!done) return 1;
  }
  return 0;
}
