// Any bytes as crm shell text. What is accepted can be written, read back and written the same.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/cib/crm_shell.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto document = simcluster::cib::parse_crm_shell(text, "input");
  if (document) simcluster::cib::write_crm_shell(*document);
  return 0;
}
